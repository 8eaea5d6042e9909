"""The parts of speech of all words that templates use (Penn Treebank), names and numbers left out."""

from __future__ import annotations

__all__ = ["TAGS", "settle_tags"]

Word = tuple[str, str]

_WORDS = {
    "CC": """
        and but or
    """,
    "CD": """
        one three two
    """,
    "DT": """
        a all an another both either neither no some the these this those
    """,
    "FW": """
        vitro
    """,
    "IN": """
        about above across after against along although among around as at because before below between by
        c/w downstream during for from if in near of off on out over s/p since so than that through under
        until upstream via w/ w/o whereas wherever whether while with within without x
    """,
    "JJ": """
        absent abundant accused acinar active acute additive adult advanced adverse afebrile age-matched
        aged ageing allergic alpine alveolar avirulent aware burnt captive cardiac central cerebral
        cerebrospinal chief chronic clear clinical coastal cold comfortable common complete confocal
        consecutive conserved constant cortical critical current cutaneous dendritic dermal developing
        different difficult dispensable distinct disused dose-dependent double dry due eastern effective
        empty epithelial essential excluded executive expected faecal fair familial fatal faulty female
        few former frameshift frequent further genetic glial good great harsh healthy heated heavy hepatic
        hereditary high hot identical immune important inherited injured intestinal intravenous islet
        justified key known large last late late-onset likely little live local long-term longstanding
        main major male many mass mean median mild missense missing mixed muscular mutant myocardial
        national native natural nearby needed negative neglected neighbouring new next nonsense normal
        northern notable noted novel occasional old open oral other outside pancreatic partial pending
        persistent poor positive possible potent present previous prior probable progressive promising
        prompt protective public pulmonary putative quantitative rare recent recurrent red regional
        related relative remarkable renal resistant retinal reversible rich roman round routine rural safe
        same satellite saturable scaffold second selective sensitive separate several severe similar
        single skeletal small soft southern specific splenic sporadic stable standard stellate strong such
        suggestive suspected synthetic third tidal topical transient tropical tubular typical unchanged
        unclear unfair unknown unlike unrelated unremarkable untreated urinary useful warranted weak
        western wet wild worth wrong y/o yellow young
    """,
    "JJR": """
        better cheaper dearer faster fewer heavier higher larger less lower more older slower worse
    """,
    "JJS": """
        closest coldest highest largest most nearest oldest wettest worst
    """,
    "MD": """
        can cannot could may should will would
    """,
    "NN": """
        abdomen abundance account activation activity adaptor addition address adhesion administration
        agar age agonist aim allergy alternative amount analysis antagonist antibody apoptosis appeal
        arrest associate association autophagy autumn average b band bank bar baseline binding biopsy
        blocker blood blotting bone book bp brain brake breach bridge brother building burglary bus bx
        captain car card case cash catalogue cause cell century chairman change changes chaos charge choir
        city claim clearance cleavage clinic closure co-administration coach coast cohort coin collection
        colon colonisation combination come comment company competitor compound compromise concentration
        contract contrast control copy corner cost council course court creat ct cup curator cut cxr cycle
        cytometry cytoplasm damage danger day death debate decision defeat defence defender deletion
        demand density depletion diagnosis diet difference director discontinuation disease disgrace
        disorder dissociation distribution division dna dose driver drug duplication ed edema effect
        electrophoresis employer end engine eradication estuary etoh evening evidence exam excretion
        exertion exhibition exon experiment exposure expression f/u factor factory failure fall family
        farm father fear ferry festival field film final fire fish flare flood flour flow fluid folding
        forecast forest form foul freight front frost fruit function fusion gallery gavage gel gene
        genetics genome goal goblet ground growth guard gut h h/o half half-life hall harbour harvest hb
        headache healing heart help history hold home homologue hope hospital host hour house hr hurt
        hydrolysis icu idea imaging immunity imp incidence increase incubation index infection information
        infusion inhibition inhibitor injection injury inquiry interaction investigation isolate jeweller
        joint judge kidney kinase knockdown knowledge lack lake lawyer league level library life light
        line lines linkage liver loan locus look loot loss lung man manager manner marker market marrow
        marsh match matches matter mayor mechanism mediator medium meeting membrane merger metabolism
        metabolite microscopy midfielder migration milk mine minister ministry minority money monitor
        morning mortality mosaic mother mri muscle museum music mutation nausea neighbour newspaper night
        nonsmoker note nucleus office oncology onset opening operator opposition orchestra origin outcome
        overexpression oxidation pain painter pancreas parasite park part partner pathogenesis patient pcr
        pe penalty petition phosphorylation phylogeny picking piece place placebo plan plant plasma play
        pmh point pool post power preparation pressure pretreatment prevalence prey price product profit
        prognosis progression promoter protein pt quarter radio railway rain range rash receptor record
        recovery reduction referee refill refund region registry regulator relation relief remission
        repair report reporter rescue reservoir resistance response rest restoration result retina return
        risk rival river rna road role route row run safety sales salt scene school screening season
        sentence sequence sequencing serum setting severity sex share ship side sign signal silence
        silencing sister skin smoker snow soil spectrometry spleen spokesman spokeswoman spread spring
        stability stadium start station stool stop storm strain strike striker structure study subset
        success summer support surface surgery surprise survey survival suspect swimming symbiont
        synthesis t target team temple test testing text theatre theft therapy thumb time tissue tolerance
        town toxicity traffic train tram transcription transduction transport treatment tree trial trust
        type ubiquitination union uptake use van verdict vesicle visit vote wait wall warehouse water way
        wbc weakness week weight wheat win wind winner winter withdrawal witness woman work wound writer y
        year yield
    """,
    "NNP": """
        africa canada chile europe friday india japan monday saturday sunday thursday tuesday wednesday
    """,
    "NNS": """
        actors acts adults agents analysts antibodies apples archaeologists assays astrocytes bakers banks
        biopsies burglars buses candidates cardiomyocytes carriers cases cattle cells charges cherries
        children clones cohorts coins colonies commuters companies complexes compounds concentrations
        conditions controls costs cousins critics crops cultures data dates days derivatives divers doses
        dwellers effects eggs engineers episodes euros exons experiments experts exports eyes families
        fans fares farmers features females ferries fibroblasts fields findings finds firefighters
        fishermen flares forecasters goalkeepers goals goods grapes groups growers gusts hands hepatocytes
        herds hills homes hosts hours infections insurers investors isolates jewels jobs joints
        keratinocytes kilometres kinases labs lesions letters levels lungs lymphocytes lysates macrophages
        males managers masks measures meds men meteorologists metres migrants minutes months mutations
        myotubes nets neurons objects observations officers officials opponents orchards organs
        osteoblasts osteoclasts others paintings parents partners passengers patients people performances
        phosphatases photoreceptors physicians pieces plans plasmids players pneumocytes podocytes points
        police ponds potatoes prices prosecutors proteins reasons relapses relatives rents repairs
        reporters reports residents results roads samples schools seats sections series shares shopkeepers
        shops shots signals signs smokers soldiers species spectators starts stems strains streets studies
        supporters surveys suspects switches tablets targets taxes taxis teachers temperatures thieves
        tickets tissues tracks trains traps travellers trees trials unions valleys variants vectors vines
        visitors volunteers wages weeks wells winds witnesses wks women workers works years yields
    """,
    "PRP": """
        it nobody she them they we
    """,
    "PRP$": """
        his its our their
    """,
    "RB": """
        again aground alone already also apart b.i.d. back calmly closely consistently daily directly
        early far first free furthermore gradually hardly here highly however i.v. largely later long
        markedly meanwhile moderately moreover much never not now often only otherwise overnight p.o.
        p.r.n. poorly previously q.d. rarely rather recently selectively shortly significantly slightly
        slowly still strongly suddenly surprisingly t.i.d. then therefore thus today together too twice
        unexpectedly unhurt well widely yesterday
    """,
    "RBR": """
        earlier longer
    """,
    "RP": """
        down up
    """,
    "TO": """
        to
    """,
    "VB": """
        afford ask be begin believe belong bind buy call carry climb close compete conclude contain
        continue cooperate d/c decide defend depend describe determine develop differ discuss do draw
        drive estimate expand expect explain find give go grow improve interact learn limit lose meet melt
        move pay prevent produce propose protect put r/o rebuild receive recheck recover regulate remain
        repeat require restore sell slaughter stay survive take taper threaten tolerate travel treat
        underlie watch
    """,
    "VBD": """
        abolished acquitted activated adhered admitted affected aimed amplified analysed announced
        appealed arrested ascribed asked assigned associated attenuated attracted attributed augmented
        based beat became began blamed blocked booked bound bred broke brought built burst called came
        cancelled carried caught caused cited cloned closed compared complained confirmed consulted
        contained continued convicted damaged decided declined decreased defeated degraded delayed
        demanded denied depended described detected determined developed did died differed diminished
        discontinued dissolved dominated doubled dreamed drew dried dropped elevated employed enhanced
        enriched escaped examined expressed extracted failed fell fetched fled followed forced fought
        found froze gathered gave generated grew grouped had harboured headed heard held helped hit
        identified immunoprecipitated impaired improved increased incubated infected inhibited inoculated
        inserted interacted interviewed investigated isolated lasted led left liked linked listened
        located lost lowered made mapped measured migrated mimicked moved negotiated observed obtained
        occurred offered opened overexpressed peaked persisted phosphorylated picked placed planned played
        potentiated praised preceded prepared prescribed presented prevented probed produced promised
        proposed protested published raised ran randomised reacted read rebuilt received recorded
        recovered recruited reduced refused rejected relapsed remained rendered reopened replaced reported
        requested required responded restarted resulted resumed retained returned reversed ripened rose
        ruled said sampled sang saved saw scored screened searched segregated sent sentenced sequenced set
        shared shook showed shrank signed sold spared spoke started stayed stole stood stopped struck
        studied suffered suppressed surprised swept talked tested thought told tolerated took transduced
        transfected transferred transmitted trapped treated triggered understood upregulated used voted
        waited warned was watched weakened welcomed were won worked yielded
    """,
    "VBG": """
        according activating ambulating coding encoding examining falling lacking leaving prescribing
        questioning receiving recruiting replacing returning rising spreading starting substituting taking
        tolerating using
    """,
    "VBN": """
        become been begun fallen given grown outgrown risen seen shown taken
    """,
    "VBP": """
        are have
    """,
    "VBZ": """
        adheres affects appears attenuates begins belongs binds blocks c/o carries causes colonises
        competes connects contains decreases denies depends develops does encodes ends enhances enters
        expects falls grows has hopes increases induces infects inhibits interacts is links lives presents
        promotes protects recurs reduces regulates relies remains requires rises runs seems serves shows
        spreads stimulates suppresses threatens varies wants worsens
    """,
    "WDT": """
        which
    """,
    "WP": """
        who
    """,
    "WRB": """
        how when where
    """,
}

#: A word's usual part of speech; what its place in a sentence changes of it, :func:`settle_tags` knows.
TAGS = {word: tag for tag, words in _WORDS.items() for word in words.split()}
TAGS |= {sign: sign for sign in (",", ".", "(", ")", ":")} | {";": ":"}

#: Nouns that are verbs after ``to``, ``will`` or ``we``.
_NOUNS_AND_VERBS = frozenset(
    """
    cause change control cost damage decrease demand fear harbour help hold hope increase interview
    lack lead limit link look measure monitor need offer open plan present question range reach record
    release report rescue rest return rise risk run search share show start stop study support survey
    target test trial use view visit vote wait watch win work yield
    """.split()  # noqa: SIM905 (a list of sixty lines reads worse)
)
#: Words that compare, before an adjective or adverb.
_DEGREES = {"more": "RBR", "less": "RBR", "most": "RBS"}
_AUXILIARIES = frozenset(("am", "are", "be", "been", "being", "had", "has", "have", "is", "was", "were"))
_VERBS = frozenset(("VBD", "VBN", "VBP", "VBZ", "VB"))


def settle_tags(words: list[Word]) -> None:
    """Give verbs and ``that`` the part of speech that their place in the sentence asks for.

    What is settled is VBD, VB, NN and ``that``: the VBN or VBP that a template gives stays.
    """
    for place, (form, tag) in enumerate(words):
        words[place] = (form, _settled(words, place, form.lower(), tag))


def _settled(words: list[Word], place: int, form: str, tag: str) -> str:
    before = _before(words, place)
    after_modal = before[1] in ("MD", "TO") or before[0].lower() in ("did", "do", "does")
    if tag == "VBD" and form not in _AUXILIARIES:
        return "VBN" if _follows_auxiliary(words, place) else tag
    if tag == "VB" and not after_modal and before[1] not in ("", ":", ",") and not _joins(words, place, "VB"):
        return "VBP"
    if tag == "NN" and form in _NOUNS_AND_VERBS:
        return "VB" if after_modal or _joins(words, place, "VB") else "VBP" if before[1] == "PRP" else tag
    following = words[place + 1] if place + 1 < len(words) else ("", "")
    if form in _DEGREES and following[1] in ("JJ", "RB", "VBN"):
        return _DEGREES[form]
    if form in ("early", "first") and following[1] in ("NN", "NNS", "JJ"):
        return "JJ"
    if form == "earlier" and following[1] in ("NN", "NNS"):
        return "JJR"
    if form == "that":
        if following[0] == "of":
            return "DT"
        return "WDT" if before[1] in ("NN", "NNS", "NNP") and following[1] in (*_VERBS, "MD") else "IN"
    return tag


def _before(words: list[Word], place: int) -> Word:
    """Return the word before ``place``, adverbs skipped; empty at the beginning."""
    return next((word for word in reversed(words[:place]) if word[1] != "RB"), ("", ""))


def _follows_auxiliary(words: list[Word], place: int) -> bool:
    """Return whether a form of *be* or *have* governs the verb at ``place``, alone or by ``and``."""
    form, tag = _before(words, place)
    if form.lower() in _AUXILIARIES:
        return True
    return tag in ("CC", ",") and _joins(words, place, "VBN")


def _joins(words: list[Word], place: int, tag: str) -> bool:
    """Return whether the last verb before the ``and`` or comma at ``place - 1`` has this part of speech."""
    if _before(words, place)[1] not in ("CC", ","):
        return False
    verbs = [found for form, found in words[:place] if found in _VERBS and form.lower() not in _AUXILIARIES]
    return bool(verbs) and verbs[-1] == tag
