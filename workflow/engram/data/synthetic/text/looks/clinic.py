"""Clinic: notes in telegram style, in which diseases, chemicals and symptoms are annotated."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines
from engram.data.synthetic.text.looks._science import THEMES

__all__ = ["LOOK"]

_OPENING = lines(
    """
    #age y/o @sex w/ {known|h/o|longstanding|} $disease1 , {c/o|presents w/} $symptom1 x #few @spans .
    #age y/o @sex , {seen|admitted/VBN} for $symptom1 and $symptom2 .
    pt is a #age y/o @sex {on|treated/VBN w/} $chem1 for $disease1 , now w/ $symptom1 .
    {f/u|routine f/u} for $disease1 , {dx/VBN in #year|s/p surgery in #year} ; c/o $symptom1 .
    @sex , #age y , transferred/VBN from @ward w/ {suspected|probable} $disease1 .
    """
)

_SECOND = lines(
    """
    {sx/NNS|$symptom1} {began|started} {suddenly|gradually} , {worse|better} {at night|w/ exertion|in the \
        morning} .
    pt {reports/VBZ|denies} {previous|prior} episodes of $symptom1 .
    {denies|no} $symptom2 , $symptom3 {or|,} recent travel .
    {h/o|PMH :} $disease1 {and $disease2|( #year ) , $disease2} .
    $symptom1 {improved|unchanged|worse} {on|since} $chem1 {#dose|} .
    {took|was given} $chem1 #dose {at home|in @ward} {w/o relief|w/ some relief} .
    """
)

_METHOD = lines(
    """
    PE : T #temperature , BP #pressure , HR #rate , {lungs clear|abdomen soft|no edema} .
    labs : WBC #cells , Hb #haemoglobin , creat #creatinine .
    {CXR|CT|US/NN} of @organ {normal|unremarkable|pending} , {labs|bx} {pending|sent/VBN} .
    exam {notable|remarkable} for $symptom2 , otherwise {normal|unremarkable} .
    """
)

_MIDDLE = lines(
    """
    meds : $chem1 #dose {b.i.d.|q.d.|t.i.d.} , $chem2 #dose {q.d.|p.r.n.} .
    {allergic to $chem2 ( rash )|no known allergy to $chem2} .
    out of $chem1 ~tablets x #few days , refill {sent/VBN|requested/VBN} .
    $chem2 ~infusion {today|overnight} , tolerated well .
    {mild|no} $disease1 ~flare {since last visit|in #few @spans} .
    {bx|@organic bx} {c/w|suggestive of} $disease1 , no evidence of $disease2 .
    {mother|father|brother|sister} {w/|had|died of} {$disease2|$disease1} at #age y .
    {no|still} $symptom1 {today|overnight} , {afebrile|tolerating diet|ambulating} .
    developed $symptom2 {after|#few @spans after} {first dose of|starting} $chem1 .
    {$chem1 held/VBN|held $chem1} {for|because of} $symptom2 , {restarted/VBN|resumed/VBN} at #dose .
    $gene1 {mutation|} {positive|negative} , {genetics|oncology} {consulted/VBN|to see/VB} .
    BP #pressure {on|after} $chem2 , HR #rate , pt comfortable .
    {CT|MRI} {shows|showed} {progression of|stable|no sign of} $disease1 .
    {given|received} $chem2 #dose {i.v.|p.o.} for $symptom2 , w/ good {effect|response} .
    {nonsmoker|smoker x #k y} , {no etoh|occasional etoh} , works/VBZ {as a driver|on a farm|in an office} .
    {ruled out|r/o} $disease2 {by|w/} {CT|bx|labs} .
    """
)

_CLOSING = lines(
    """
    {imp|A/NN} : {likely|probable|} $disease1 , {r/o|less likely} $disease2 .
    plan : {start/VB|continue|increase/VB} $chem1 #dose {daily|b.i.d.} , {stop/VB|hold/VB} $chem2 , f/u \
        in #few @spans .
    d/c home on $chem1 , {return/VB|call} if $symptom1 {recurs|worsens} .
    {A/P|imp} : $disease1 , stable {on $chem1|} ; {repeat labs|recheck/VB} in #few @spans .
    will {discuss|taper} $chem1 {w/ pt|} and {monitor|watch} for $symptom2 .
    """
)

LOOK = Look(
    stories=(
        Story(
            _OPENING,
            _SECOND,
            _METHOD,
            _MIDDLE,
            _CLOSING,
            THEMES,
            fixed=("sex", "ward"),
            phrases={
                "sex": ("M/NN", "F/NN", "male", "female", "man", "woman"),
                "ward": ("ED", "ICU", "outside hospital", "clinic/NN"),
                "spans": ("days", "wks", "h", "months"),
            },
        ),
    ),
    types=("Chemical", "Disease", "Symptom"),
    lower=400,
    abrupt=300,
)
