"""Genes: abstracts of molecular biology, in which genes and proteins are annotated."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines
from engram.data.synthetic.text.looks._science import FIXED, LEADS, PHRASES, THEMES

__all__ = ["LOOK"]

_OPENING = lines(
    """
    $gene1 is a {key|central|critical|putative|negative} {regulator|mediator} of @process in {@cells|the \
        @organ} .
    the $gene1 ~gene encodes a {protein|membrane protein|scaffold protein|conserved protein} \
        that is {expressed|highly expressed|enriched} in @cells .
    mutations in {the $gene1 ~gene|$gene1} cause/VBP $disease1 , a {rare|severe|progressive|fatal} \
        disorder of the @organ .
    @process {requires|depends on} the {interaction|association} of $gene1 with $gene2 , but {how|when} \
        the two proteins {meet|interact|associate} is {unknown|not known|a matter of debate} .
    expression of $gene1 is @raised/VBN in {most|many|some} patients with $disease1 .
    we have {previously|recently} shown that $gene1 binds {to|directly to} the promoter of {the $gene2 \
        ~gene|$gene2} .
    loss of $gene1 has been {linked|associated} with $disease1 in {$animal1|patients} .
    $gene1 and $gene2 are {expressed|present} together in the {developing|adult|ageing} @organ , where \
        they {control|regulate|limit} @process .
    the product of the $gene1 ~gene {belongs|is thought to belong} to a {small|large|conserved} family of \
        proteins that control/VBP @process .
    @organic {expression|activity} of $gene1 {falls|rises|changes} with age and in {patients \
        with|carriers of} $disease1 .
    """
)

_SECOND = lines(
    """
    however , the role of $gene1 in @process {remains unclear|is poorly understood|has not been studied} .
    here we {examined|asked|tested} whether $gene1 also {regulates|controls|affects} $gene2 in @cells .
    its function in the @organ , however , is {unknown|largely unknown} .
    to {test|study|address} this , we {generated|bred|obtained} $animal1 that lack/VBP {the $gene1 \
        ~gene|$gene1} in the @organ .
    we therefore {measured|compared} the {levels|expression} of $gene1 in @samples from #n patients and \
        #n controls .
    a second {protein|factor} , $gene3 , has been proposed to {bind|compete with|cooperate with} $gene1 .
    whether {the $gene1 ~gene|$gene1} acts {alone|directly} or {through|together with} $gene2 is {not \
        known|under debate} .
    {how|when} $gene1 is {activated|degraded|recruited} in @cells has {so far|until now} been unclear .
    """
)

_METHOD = lines(
    """
    @cells were {transfected|transduced} with {plasmids|vectors} encoding $gene1 or $gene2 and \
        {examined|analysed} by @assay .
    lysates of @cells were {immunoprecipitated|probed} with {an antibody|antibodies} {to|against|specific \
        for} $gene1 and analysed by @assay .
    we sequenced {all exons|the coding region} of {the $gene1 ~gene|$gene1} in #n {unrelated|consecutive} \
        patients with $disease1 .
    @cells were treated with #conc $chem1 for #hours h before @assay .
    using @assay , we {screened|searched} #n {clones|candidates} for {partners|targets} of $gene1 .
    the {coding|promoter} region of the $gene1 ~gene was {cloned|amplified} and {placed|inserted} \
        {upstream|downstream} of a reporter .
    """
)

_MIDDLE = lines(
    """
    @also $gene1 {bound to|interacted with|associated with|phosphorylated} $gene2 in vitro {and in \
        @cells|} .
    overexpression of $gene1 @raised/VBD the {expression|activity|stability} of $gene2 {@much|in a \
        dose-dependent manner|in @cells} .
    {knockdown|depletion|deletion|silencing} of $gene1 @lowered/VBD @process and \
        {blocked|prevented|delayed} the {activation|phosphorylation} of $gene2 .
    @however $gene3 had no effect on {$gene1|the $gene1 promoter|@process} .
    {the|this} {interaction|effect} was {abolished|weakened|blocked} by $chem1 , an inhibitor of \
        {$gene2|the $gene2 ~kinase} .
    levels of the $gene1 ~protein were #fold higher in patients {with $disease1|} than in @controls #p .
    {a|one} {missense|nonsense|frameshift} mutation in exon #exon of {the $gene1 ~gene|$gene1} was found \
        in #few of #n patients with $disease1 .
    $animal1 {lacking|without} $gene1 developed {severe|mild|early} $disease1 {within #weeks weeks|by \
        #weeks weeks of age} .
    $gene1 , $gene2 and $gene3 were all {detected|expressed} in @cells , {whereas|while} only $gene1 was \
        found in @othercells .
    a mutant {of|form of} $gene1 that cannot bind $gene2 failed to {rescue|restore} @process .
    reporter assays showed that $gene1 @raises/VBZ transcription {from|of} {the $gene2 promoter|the \
        $gene2 ~gene} @much .
    binding was {saturable|specific} , with a dissociation constant of #conc {for $gene2|} .
    @also {treatment|incubation} with $chem1 {for #hours h|} @raised/VBD {the amount of|} $gene1 in \
        @cells but not in @othercells .
    by @assay , we {detected|identified} $gene2 and $gene3 {in complexes with|as partners of} $gene1 .
    {the|} {phosphorylation|ubiquitination|cleavage} of $gene1 {peaked|was highest} at #hours h and {then \
        declined|returned to baseline within #hours h} .
    the $gene1 ~protein {migrated|ran} as {a single|a double} band of #k kDa/NN {in @cells|} .
    no {change|difference} in $gene2 was {seen|found} when $gene1 was {absent|overexpressed|inhibited} .
    the $gene1 ~receptor was {located|found|retained} at the {plasma membrane|cell surface} , and $gene2 \
        in the {nucleus|cytoplasm} .
    the {sequence|structure} of $gene1 is #percent identical to that of $gene3 {from $animal1|from \
        $species1|} .
    """
)

_CLOSING = lines(
    """
    @ours @suggest that $gene1 @raises/VBZ @process by {binding|activating|recruiting} $gene2 .
    we conclude that {the $gene1 ~gene|$gene1} is {required|essential|dispensable} for @process in the \
        @organ .
    $gene1 may therefore be a {useful|promising} {marker|target} in $disease1 .
    thus , $gene1 {links|connects} @process to {$disease1|the pathogenesis of $disease1} .
    whether $gene2 has the same {role|function} in other {tissues|organs} {remains to be seen|is under \
        study} .
    @ours identify/VBP $gene1 as a {new|novel} {partner|target|regulator} of $gene2 in @cells .
    {loss|inhibition} of $gene1 , rather than that of $gene2 , {appears|seems} to {drive|underlie} \
        $disease1 .
    """
)

LOOK = Look(
    stories=(Story(_OPENING, _SECOND, _METHOD, _MIDDLE, _CLOSING, THEMES, FIXED, PHRASES, LEADS),),
    types=("Gene",),
)
