"""Chemicals: abstracts of pharmacology and toxicology, in which chemicals and drugs are annotated."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines
from engram.data.synthetic.text.looks._science import FIXED, LEADS, PHRASES, THEMES

__all__ = ["LOOK"]

_OPENING = lines(
    """
    $chem1 is {widely|often} {used|prescribed} {to treat|in the treatment of} $disease1 , but its \
        {mechanism|long-term safety} is {unclear|poorly understood} .
    {exposure|long-term exposure} to $chem1 {has been associated with|can cause|is a known cause of} \
        $disease1 {in patients|in workers|} .
    $chem1 is a {potent|selective|weak|synthetic} inhibitor of {$gene1|the $gene1 ~receptor} with \
        {activity|effects} in the @organ .
    {the|many} {adverse|protective} effects of $chem1 on the @organ have been {attributed|ascribed} to \
        its metabolite $chem2 .
    $chem1 , $chem2 and $chem3 are {related|closely related} {compounds|agents} with {different|distinct} \
        effects on @cells .
    {several|few|three} {cases|reports} of $disease1 {after|during} {treatment|therapy} with $chem1 have \
        been {described|published} .
    {the|a} {drug|compound} $chem1 {was isolated from|is produced by} $species1 and {inhibits|blocks} \
        @process in @cells .
    {oral|intravenous|topical} $chem1 is the {standard|first} {treatment|therapy} for {$disease1|@organic \
        $disease1} .
    """
)

_SECOND = lines(
    """
    we {studied|investigated|compared} the effects of $chem1 and $chem2 {in $animal1|in @cells|in #n \
        patients} .
    {the aim of this study was|we set out} to determine whether $chem1 {also|} affects the @organ {in \
        $animal1|} .
    {here|in this study} we {report|describe} the {synthesis|metabolism|toxicity} of $chem1 and \
        {two|three} of its derivatives .
    {whether|how} it {interacts|competes} with $chem2 {is not known|has not been examined} .
    we {report|describe} a patient {of #age years|aged/VBN #age years} who developed $disease1 after \
        {taking|receiving} #dose of $chem1 .
    its effect on {$gene1|the $gene1 ~protein} in @cells was {therefore|} {examined|measured} {here|by \
        @assay} .
    {we therefore|in a randomised trial , we} {compared|tested} $chem1 {with|against} $chem2 in #n \
        patients .
    """
)

_METHOD = lines(
    """
    $animal1 {received|were given} #kgdose of $chem1 {daily|twice daily|by gavage} for #weeks weeks .
    @cells were {incubated|treated} with #conc $chem1 {or|and} #conc $chem2 for #hours h .
    plasma {levels|concentrations} of $chem1 were {measured|determined} by @assay .
    patients were {randomised|assigned} to receive #dose of $chem1 or placebo {daily|twice daily} .
    {samples|@samples} were {extracted|dried} , dissolved in $chem3 and {analysed|examined} by @assay .
    """
)

_MIDDLE = lines(
    """
    $chem1 {inhibited|blocked|reduced} @process with an IC50/NN of #conc .
    @also {pretreatment|treatment} with $chem2 {prevented|abolished|potentiated} the effect of $chem1 {in \
        @cells|#p|} .
    the {plasma|tissue|urinary} {concentration|level} of $chem1 {rose|fell|increased|decreased} @much \
        {within #hours h|after #hours h} .
    {the|mean} half-life of $chem1 was #hours h , compared with #hours h {for $chem2|in $animal1} .
    @however $chem3 {had no effect|was without effect} {on $gene1|on blood pressure|at #conc} .
    $chem1 {bound|bound selectively} to {$gene1|the $gene1 ~receptor} but not to $gene2 .
    $chem1 ~treatment {was stopped|was continued} after #weeks weeks {because of $disease2|} .
    {the|all} $chem1 ~tablets contained #dose of {the drug|$chem1} {and no $chem3|} .
    at {doses|a dose} of #kgdose , $chem1 caused {mild|severe|transient} $disease1 in #few of #dozen \
        $animal1 .
    {replacing|substituting} $chem2 {for|by} $chem1 {reduced|lowered} the {risk|incidence} of $disease1 \
        {by #percent|from #percent to #percent} .
    {serum|tissue} {levels|concentrations} of $chem2 and $chem3 were {unchanged|not affected} .
    #percent of {the|} patients {on|treated/VBN with} $chem1 {improved|recovered|relapsed} , {compared \
        with|against} #percent {on|given} {placebo|$chem2} #p .
    {withdrawal|discontinuation} of $chem1 {led to|resulted in} {complete|partial} {recovery|remission} \
        {within #weeks weeks|} .
    the {toxicity|activity} of $chem1 was {dose-dependent|reversible|additive to that of $chem2} .
    {co-administration|a combination} of $chem1 and $chem2 was {well tolerated|more effective than either \
        drug alone} .
    {the|} {oxidation|reduction|hydrolysis} of $chem1 {gave|yielded} $chem2 {in #percent yield|as the \
        main product} .
    {three|two|#few} patients {stopped|discontinued} $chem1 because of {nausea|headache|$disease2|a rash} .
    {the|this} {effect|response} was {mimicked|reversed} by $chem3 , {an agonist|an antagonist|a blocker} \
        {of|at} {$gene1|the $gene1 ~receptor} .
    {excretion|uptake|clearance} of $chem1 {was|remained} {slower|faster|higher} in patients with \
        {$disease1|@organic $disease2} .
    {administration|injection} of $chem1 @raised/VBD {$gene1|the level of $gene1} in the @organ {of \
        $animal1|} @much .
    """
)

_CLOSING = lines(
    """
    @ours @suggest that $chem1 @lowers/VBZ @process {via|through} {$gene1|the $gene1 ~receptor} .
    physicians should be {warned|aware} of {the risk of|} $disease1 {when|while} prescribing $chem1 .
    $chem1 {is|may be} {a safe|an effective|a useful} {alternative|addition} to $chem2 in {patients \
        with|the treatment of} $disease1 .
    we conclude that $chem1 {protects|does not protect} the @organ {against|from} {damage by|} $chem2 .
    {further|larger} {trials|studies} of $chem1 in {$disease1|patients with $disease1} are \
        {needed|warranted} .
    @ours do not support {the|} {use|addition} of $chem2 in $disease1 .
    """
)

LOOK = Look(
    stories=(Story(_OPENING, _SECOND, _METHOD, _MIDDLE, _CLOSING, THEMES, FIXED, PHRASES, LEADS),),
    types=("Chemical",),
)
