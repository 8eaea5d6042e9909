"""Species: abstracts of microbiology and ecology, in which species are annotated."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines
from engram.data.synthetic.text.looks._science import FIXED, LEADS, PHRASES, THEMES

__all__ = ["LOOK"]

_OPENING = lines(
    """
    $species1 is a {common|major|neglected} cause of $disease1 {in $animal1|in @country|} .
    {wild|captive} $animal1 {carry|are a reservoir of} $species1 {in @country|} .
    {a|the first} {strain|isolate} of $species1 was {isolated|recovered} from @region .
    $species1 and $species2 {compete|live together} in {the gut of $animal1|@region} .
    the genome of $species1 {contains|encodes} a {homologue|copy} of $gene1 .
    {resistance|tolerance} to $chem1 {is spreading|has been reported} {in|among} {strains|isolates} of \
        $species1 .
    $animal1 are {the main|an important} {host|prey} of $animal2 in {@region|@country} .
    the {symbiont|parasite} $species1 {infects|colonises} the @organ of $animal1 .
    """
)

_SECOND = lines(
    """
    here we {describe|report} {its|the} {distribution|life cycle} and {that of a related species , \
        $species2|its hosts} .
    we {sampled|trapped} #n $animal1 {in @country|near @region} and {tested|examined} {them|all} for \
        $species1 .
    {how|when} {it|$species1} {enters|colonises} {its|the} host is {unknown|not clear} .
    {its|the} {closest|nearest} {relative|neighbour} , $species2 , was {found|described} {in|near} \
        @region {in #year|} .
    {whether|how} $species1 {is transmitted|spreads} {between|among} $animal1 {has not been studied|is \
        under debate} .
    {we|in this study we} compared {the growth of|} $species1 {with|and} $species2 at #few temperatures .
    the strain {grew|grows} at #degrees °C/NN and {is|was} {resistant|sensitive} to $chem1 .
    """
)

_METHOD = lines(
    """
    {cultures|colonies} of $species1 were {grown|incubated} {at|for #hours h at} #degrees °C/NN {in|on} \
        {blood agar|rich medium} .
    {faecal|blood|soil} samples {from|of} #n $animal1 were {screened|examined} for $species1 by @assay .
    {groups of #k|#n} $animal1 were {infected|inoculated} with $species1 {or|and} $species2 .
    {traps|nets} were {set|placed} {along|at} @region {in #year|for #weeks weeks} .
    DNA was {extracted|sequenced} from #k {isolates|strains} of $species1 .
    """
)

_MIDDLE = lines(
    """
    $species1 was {found|detected} in #percent of {the|} {$animal1|samples} {and $species2 in #percent|} .
    @also $animal1 {infected/VBN|inoculated/VBN} with $species1 {lost weight|developed $disease1|died} \
        within #weeks {weeks|days} .
    the {growth|spread} of $species1 was {inhibited|stopped} {by|at} #conc {of|} $chem1 .
    @however no {isolate|strain} of $species2 {carried|produced} {$gene1|the $gene1 ~gene} .
    {female $animal1 {carried|harboured} {more|fewer} $species1 than males|\
        male $animal1 {carried|harboured} {more|fewer} $species1 than females} #p .
    the {phylogeny|tree} {placed|grouped} $species1 {with|apart from} $species2 {and $species3|} .
    $species1 {adhered|adheres} to @cells {of $animal1|} {more strongly than|but} {$species2|$species2 \
        did not} .
    {antibodies|immunity} {to|against} $species1 {lasted|persisted} for #weeks weeks in $animal1 .
    {strains|isolates} of $species1 from {$animal1|@region} {differed|did not differ} from {those of \
        $animal2|the type strain} .
    $animal1 were {absent|rare|abundant} {where|wherever} {$animal2 were|$species1 was} {common|present} .
    {deletion|loss} of {the $gene1 ~gene|$gene1} {made|rendered} $species1 {avirulent|sensitive to $chem1} .
    {mixed|single} {infections|cultures} of $species1 and $species2 were {common|rare} {in $animal1|} .
    #few {isolates|strains} of $species1 were resistant to {both $chem1 and $chem2|$chem1 or \
        $chem2|$chem1} .
    the {density|abundance} of $animal1 {fell|rose} by #percent {after the flood|between #year and #year|} .
    {most|all|#few} $species1 ~strains {grew|died} {on rich medium|at #degrees °C/NN} .
    $species1 {is|was} {replaced|outgrown} by $species2 {above|below} #degrees °C/NN .
    {colonies|cells} of $species1 {are|were} {small|round|yellow} and {produce|contain} $chem1 .
    """
)

_CLOSING = lines(
    """
    @ours @suggest that $animal1 {are|may be} a {natural|new} {host|reservoir} of $species1 .
    we {propose|conclude} that $species1 and $species2 are {distinct|one and the same} species .
    {control|eradication} of $species1 {requires|may require} {measures|treatment} against $animal1 .
    {the spread of|} $species1 {threatens|may threaten} {native|captive} $animal1 {in @country|} .
    thus , $species1 {can|cannot} {grow|survive} without {its host|$species2} .
    {further|larger} surveys of $animal1 are {needed|under way} .
    """
)

LOOK = Look(
    stories=(Story(_OPENING, _SECOND, _METHOD, _MIDDLE, _CLOSING, THEMES, FIXED, PHRASES, LEADS),),
    types=("Species",),
)
