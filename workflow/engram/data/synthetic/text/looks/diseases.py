"""Diseases: abstracts of clinical research and genetics, in which diseases are annotated."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines
from engram.data.synthetic.text.looks._science import FIXED, LEADS, PHRASES, THEMES

__all__ = ["LOOK"]

_OPENING = lines(
    """
    $disease1 is {a|an inherited|a common} {cause of|risk factor for} {chronic|acute|} @organic failure \
        {in adults|in children|} .
    $disease1 is a {rare|severe|progressive|fatal|familial} disorder of the @organ {caused/VBN by \
        mutations in {the $gene1 ~gene|$gene1}|of unknown cause} .
    the {prevalence|incidence} of $disease1 {has risen|is rising|varies} {in @country|among adults} .
    patients with $disease1 {are|may be} at {high|increased} risk of $disease2 .
    $disease1 and $disease2 {share|have} {several|many} {clinical|@organic} features but {differ|may \
        differ} in {outcome|age at onset} .
    {the|current} treatment of $disease1 {relies|is based} on $chem1 , {which many patients do not \
        tolerate|although it has many side effects} .
    {little|not much} is known about the {course|outcome|causes} of $disease1 in {children|older \
        adults|women} .
    {in|among} carriers of {the $gene1 mutation|$gene1 mutations} , $disease1 {begins|starts} \
        {early|before the age of #young years} .
    """
)

_SECOND = lines(
    """
    we {report|describe|present} #n {patients|families} with $disease1 {seen|treated/VBN} between #span .
    {the aim of this study was|we aimed} to {estimate|determine} the {risk|prevalence} of $disease2 in \
        {these patients|patients with $disease1} .
    {here|in this study} we {asked|examined} whether $disease1 is {linked|related} to {$disease2|variants \
        of $gene1} .
    {its diagnosis is often delayed|the diagnosis is rarely made at first|its cause is unknown in most \
        patients} .
    {the|} {patients|families} {came|were recruited} from @country and had no {history|signs} of $disease2 .
    {we|to learn more , we} {followed|interviewed} #n {women|men|adults} with $disease1 for #few years .
    a {subset|minority} of {these|} patients {also|} {have|develops} $disease2 .
    """
)

_METHOD = lines(
    """
    {diagnosis|the diagnosis of $disease1} was {confirmed|based} {by|on} {biopsy|imaging|@assay} in \
        {all|#percent of the} patients .
    @samples {from|of} #n patients {with $disease1|} and #n @controls were {examined|analysed} by @assay .
    {linkage|sequence} analysis {mapped|placed} the {disease locus|locus} {close to|near} {the $gene1 \
        ~gene|$gene1} .
    patients with $disease2 {at baseline|} were excluded .
    data were {taken|obtained} from a {national|regional} {registry|survey} of #thousands adults .
    """
)

_MIDDLE = lines(
    """
    $disease1 {developed|was found|occurred} in #percent of patients {with|who had} $disease2 {and in \
        #percent of those without|} #p .
    the {mean|median} age at onset of $disease1 was #young years {( range/NN , 2/CD to 81/CD )|} .
    @also {smokers|city dwellers|migrants} were more {likely to develop $disease1|often affected} than \
        others ( odds/NNS ratio/NN , #odds ; #interval ) .
    #few {patients|children} {died|recovered} {of|from} $disease1 {within #weeks weeks|before the age of \
        #young years} .
    {the|all} patients {presented|first/RB presented} with {mild|severe|recurrent} $disease2 {and|, later \
        with} @organic {failure|lesions} .
    {a|one} {deletion|point mutation|duplication} of {the $gene1 ~gene|$gene1} {segregated|was \
        associated} with $disease1 in {two|#few} families .
    {treatment|therapy} with $chem1 {improved survival|did not improve $disease1|delayed the onset of \
        $disease1} {in #k patients|} .
    @however {no|no clear} {association|relation} {between|of} $disease1 {and|with} $disease2 was \
        {seen|found} .
    {serum|plasma} $gene1 was @raised/VBN in {active|advanced} $disease1 and {normal|lower} in $disease2 .
    the {severity|course} of $disease1 {did not depend|depended} on {sex|age|the type of mutation} .
    {biopsies|@samples} showed {typical|early} {signs|lesions} of $disease1 in {all|#k} {cases|patients} .
    {mortality|the risk of death} {from|due to} $disease1 {fell|rose} {from|by} #percent {to #percent|} \
        {between #span|} .
    {sporadic|late-onset} $disease1 was {more|less} {common|severe} than {expected|$disease2} .
    {older|most|all} $disease1 ~patients {had|reported} {pain|weakness|relapses} .
    $disease2 {preceded|followed} $disease1 by {a median of|} #few years .
    {infection|colonisation} {with|by} $species1 {triggered|was a frequent cause of} {relapses|flares} .
    the {lungs|eyes|joints} were {spared|affected} in #k patients {with $disease1|} .
    {a|the} {sister|brother|mother} {and #few cousins|} of the {index|first} patient {had|died of} \
        {$disease1|$disease2} .
    """
)

_CLOSING = lines(
    """
    we conclude that $disease1 {is more common than thought|should be suspected in patients with \
        $disease2} .
    @ours @suggest that $disease1 and $disease2 {share|do not share} a {common|genetic} {cause|origin} .
    {screening|testing} for $disease1 {is|may be} {justified|useful} in {patients|relatives of patients} \
        with $disease2 .
    {early|prompt} {diagnosis|treatment} of $disease1 {may prevent|can prevent} {$disease2|@organic \
        failure} .
    {mutations|variants} of $gene1 {account/VBP for|explain} {most|some|#percent of} cases of $disease1 .
    the {outcome|prognosis} of $disease1 {remains|is} {poor|good} .
    """
)

LOOK = Look(
    stories=(Story(_OPENING, _SECOND, _METHOD, _MIDDLE, _CLOSING, THEMES, FIXED, PHRASES, LEADS),),
    types=("Disease",),
)
