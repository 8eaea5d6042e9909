"""General: short news of towns, companies and clubs, without annotation."""

from __future__ import annotations

from engram.data.synthetic.text.looks._look import Look, Story, lines

__all__ = ["LOOK"]

_PHRASES = {
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "when": ("on @day", "last week", "late on @day", "yesterday", "this week", "early on @day"),
    "said": ("said", "told reporters", "announced", "confirmed", "admitted"),
    "season": ("spring", "summer", "autumn", "winter"),
}


def _story(text: str) -> Story:
    """Return the story of five paragraphs of templates, each a part of the document."""
    opening, second, method, middle, closing = map(lines, text.strip().split("\n\n"))
    return Story(opening, second, method, middle, closing, phrases=_PHRASES, leads=_LEADS)


_LEADS = lines(
    """
    on @day {morning|evening|night} ,
    in and around $place1 ,
    according to {a witness|the local newspaper|the radio|a report} ,
    {as in|unlike in} #year ,
    to the surprise of {many|some|most} ,
    {meanwhile|at the same time|in the end} ,
    not far from $place2 ,
    {for|to} {many|most} {in $place1|who live in $place1} ,
    """
)


_COUNCIL = _story(
    """
    the council of $place1 {voted|decided} {@when|} to {close|sell|rebuild} the old {library|market \
        hall|swimming pool} .
    {plans|a plan} for a new {school|bus station|park} in $place1 {won|failed to win} the support of the \
        council @when .
    residents of $place1 {protested|gathered} @when against {higher rents|the closure of a school|a new \
        road} .

    the {mayor|council} said {that|} the town could no longer {afford|pay for} the building .
    {critics|opponents} of the plan said {that|} {the mayor|the council} had not {listened|asked} .
    the {decision|vote} {followed|came after} a {long|heated} debate {in the town hall|that lasted #few \
        hours} .

    about #thousands people {signed|had signed} a petition {against the plan|} .
    {a|the} report had put the cost at #millions {euros|} .

    {a|the} {spokeswoman|spokesman} {for the council|} @said that {work|building} would begin in the \
        @season .
    the {opposition|mayor} {called|described} the {vote|plan} {a disgrace|a success|a compromise} .
    {rents|taxes} in the town {rose|fell} by #percent {in #year|last year} .
    {neighbouring|nearby} $place2 {made|took} a similar decision in #year .
    {many|some} {residents|parents} {fear|hope} that {the school|the town} will {grow|lose money|change} .
    {teachers|shopkeepers} {from|in} $place1 {welcomed|rejected} the {plan|idea} .

    a final vote is {expected|planned} {in the @season|on @day} .
    the {town|council} will {meet|vote} again {in the @season|next week} .
    whether $place2 will {help|pay} is {still|} {open|unclear} .
    """
)

_FOOTBALL = _story(
    """
    $club1 {beat|defeated} $club2 #score in {the cup|the league} @when .
    $club1 and $club2 {drew|shared the points} {in heavy rain|in front of #thousands spectators} @when .
    {a|one} late goal gave $club1 {a|their} {first|second} win {of the season|in #few matches} {@when|} .

    the {winner|first goal} came after #few minutes , when {a|the} {young|former} striker {scored|headed} \
        {from close range|from a corner} .
    the {visitors|hosts} had {led|dominated} {for most of the match|at half time} .
    it was the {third|second|first} {defeat|draw} in a row for $club2 .

    #thousands spectators {watched|saw} the match {in $place1|} .
    the referee {sent off|booked} a {defender|midfielder} {of|from} $club2 {for a foul|} .

    the {coach|captain} of $club1 @said that his {team|players} had {fought|played} well .
    {both|the two} goalkeepers {saved|stopped} {a penalty|#few shots} .
    $club2 {hit|struck} the {post|bar} {twice|} before half time .
    {fans|supporters} of $club2 left the {ground|stadium} {early|in silence} .
    the {striker|captain} has now scored #k goals {this season|in the league} .
    {an injury|a red card} forced the {visitors|hosts} {to defend|to change their plan} .

    $club1 {travel|go} to $place2 {next week|on @day} .
    with the {win|result} , $club1 {climb|move} to {third|second|first} place .
    $club2 {remain|stay} {last|in danger} {with #k points|} .
    """
)

_WEATHER = _story(
    """
    {heavy|persistent} {rain|snow} {fell|has fallen} {in|around} $place1 {@when|since @day} .
    a storm {swept|moved} across the {coast|hills} near $place1 @when .
    {the|} {river|lake} near $place1 {burst its banks|froze|rose by #few metres} @when .

    {trees|power lines} {fell|were brought down} and #thousands homes were {left|} without {power|water} .
    the {road|railway} {to|from} $place2 was {closed|blocked} {by|because of} {the|} {flood|snow|fallen \
        trees} .
    {firefighters|soldiers} {worked|were called} through the night {to clear the roads|} .

    {winds|gusts} of #n kilometres an hour were {measured|recorded} {at the harbour|} .
    {the|} {water|snow} stood #few metres high {in some streets|} .

    {schools|shops} {stayed|remained} {closed/JJ|open} {for #few days|} .
    nobody was {hurt|injured} {, the police said|} .
    {ferries|trains} {between $place1 and $place2|} were {cancelled|delayed} .
    {farmers|residents} {lost|may lose} {cattle|their harvest} {, the mayor said|} .
    it was the {worst|coldest|wettest} {day|@season} since #year .
    {insurers|experts} {put|estimate} the damage at #millions {euros|} .

    {forecasters|meteorologists} expect {more|less} {rain|wind} {on @day|next week} .
    the {water|snow} is {expected|likely} to {fall|melt} {slowly|by @day} .
    {life|traffic} in $place1 is {slowly|} returning to normal .
    """
)

_COMPANY = _story(
    """
    $company1 {reported|announced} {a profit|a loss|sales} of #millions euros {for the first half of the \
        year|} @when .
    $company1 will {close|open|expand} {its|a} {plant|factory} {in|near} $place1 , the company @said @when .
    {shares|the shares} {in|of} $company1 {rose|fell|dropped} by #percent @when .

    {analysts|investors} had expected {more|less} {after a weak quarter|} .
    the company {blamed|cited} {weak|strong|falling} {demand|prices} and {high|rising} {costs|wages} .
    {its|the} {rival|competitor} $company2 had {cut|raised} {prices|its forecast} {only days before|a \
        week earlier} .

    {about|some} #thousands people {work|are employed} {at the plant|for the company} .
    {sales|exports} {grew|shrank} by #percent {in|during} #year .

    the {chief executive|chairman} {said|promised} {that|} no {jobs|jobs in $place1} would be lost .
    {unions|workers} {called|plan} {for|} a {strike|meeting} {on @day|} .
    $company2 {declined|refused} to comment .
    the {market|bank} {reacted|responded} {calmly|with surprise} .
    {a|the} {loan|contract} {worth|of} #millions euros {runs|runs out} {next year|in the @season} .
    {the two|both} companies {have|had} {talked|negotiated} about {a merger|a joint plant} {since #year|} .

    $company1 {expects|hopes} to {recover|grow} {by|in} the {spring|autumn} .
    {a|the} decision {on|about} the {plant|merger} is {due|expected} {next week|on @day} .
    {for|to} $place1 the {plant|company} is the {largest|only large} employer .
    """
)

_COURT = _story(
    """
    {a|the} court in $place1 {sentenced|acquitted|convicted} {a|two} former {manager|managers|officials} \
        of $company1 @when .
    police in $place1 {arrested|are questioning} #few {men|people} {after|over} {a|the} \
        {theft|burglary|fire} {at|in} {a warehouse|a museum|a jeweller 's/POS} .
    {thieves|burglars} {stole|took} {paintings|cash|jewels} worth #millions {euros|} from a {museum|bank} \
        in $place1 @when .

    {prosecutors|the police} said {that|} the {theft|case} had been {planned|prepared} for {months|years} .
    the {accused|suspects} {denied|had denied} {all|the} charges .
    {witnesses|a guard} {had seen|saw} a {van|car} {leaving|near} the {building|scene} {shortly before|at \
        night} .

    the {trial|investigation} {had|has} lasted #few {months|weeks} .
    {more than|about} #n {witnesses|officers} {were heard|took part} .

    the {judge|court} {spoke|warned} of {a breach of trust|a difficult case} .
    {a|the} {lawyer|defence} {called|found} the {verdict|arrest} {wrong|harsh|unfair} .
    the {van|car} was {later|} found {burnt out|empty} {near|in} $place2 .
    {most|part} of the {money|loot} {is|remains} {missing|lost} .
    {a|one} {suspect|witness} {fled|escaped} {to|through} $place2 .
    a {similar|second} {case|theft} {shook|surprised} the {town|region} in #year .

    an appeal is {expected|possible} .
    the {police|court} {asked|appealed to} the public for {help|information} .
    the {sentence|verdict} will be {read|given} {on @day|next week} .
    """
)

_TRAINS = _story(
    """
    the {railway|tram} {line|bridge} between $place1 and $place2 will be {closed|rebuilt|reopened} {in \
        the @season|next week} .
    {a|the} {ferry|train|bus} {from|to} $place1 {broke down|ran aground|caught fire} @when .
    passengers {from|to} $place1 {waited|had to wait} {for hours|#few hours} @when .

    {a|the} {signal|engine|brake} had failed {shortly before $place2|for reasons that are not known} .
    the {operator|company} {blamed|had blamed} {old|faulty} {tracks|signals|switches} .
    {all|about} #n passengers {left|were taken off} the {train|ship} unhurt .

    {repairs|the works} will {cost|take} {#millions euros|#few months|#few weeks} .
    {buses|taxis} {replaced|took over from} the trains {until @day|} .

    {commuters|travellers} {complained|spoke} of {chaos|a lack of information} .
    the {line|route} {opened|was built} in #year and {carries|serves} #thousands passengers {a day|} .
    {engineers|experts} {examined|are examining} the {engine|tracks} .
    {tickets|fares} {became|have become} #percent {dearer|cheaper} {since #year|} .
    {the|a} {minister|ministry} {promised|demanded} {better|faster} {trains|information} .
    {freight|goods} trains {take|took} the {longer|old} route {through|via} $place2 .

    the first {train|tram} is to run again {on @day|in the @season} .
    {travellers|passengers} {can|may} {ask for|claim} {a refund|their money back} .
    {an|the} {inquiry|investigation} has {begun|been opened} .
    """
)

_CULTURE = _story(
    """
    {a|the} {museum|theatre|gallery} in $place1 {opened|presented} {a new exhibition|its new season|an \
        old play} @when .
    {archaeologists|divers} found {a|the remains/NNS of a} {ship|temple|mosaic|Roman road} near $place1 \
        @when .
    {a|the} {festival|book fair} in $place1 {drew|attracted} {a record of|} #thousands visitors {this \
        year|} .

    the {pieces|objects} {come|came} from $place2 and had {never|not} been {shown|seen} before .
    {critics|visitors} {praised|liked} the {light|music|actors} {but not the text|most of all} .
    the {find|collection} {dates|stems} from the {third|second|first} century {, experts believe|} .

    {tickets|seats} {were|had been} sold out {for weeks|within hours} .
    {the|} {restoration|preparation} {took|had taken} #few years {and cost #millions euros|} .

    the {director|curator} {spoke|@said that she had dreamed} of {a great day|such a success} .
    {a|the} {choir|orchestra} {from|of} $place2 {sang|played} {at the opening|} .
    {schools|children} {may|can} {visit|come} free of charge .
    {a|the} {painter|writer} {who lives in $place2|} {read|showed} {new work|an early piece} .
    {some|the oldest} {coins|letters|masks} {are|were} {hardly|only} {larger|heavier} than a {thumb|coin} .
    the {hall|house} was built in #year .

    the exhibition {runs|is open} until {the @season|@day} .
    {a|the} {catalogue|film} {is|will be} {published|shown} {in the @season|} .
    {more|further} {finds|performances} are {expected|planned} .
    """
)

_FARMING = _story(
    """
    {farmers|fishermen|growers} {around|near} $place1 {expect|report} {a poor|a good|an early} \
        {harvest|season} this year .
    {the|} {price|prices} of {milk|wheat|apples|fish} {fell|rose} by #percent @when .
    {a|the} {dry|wet|cold} @season has {damaged|helped} {crops|orchards|the vines} {around|near} $place1 .

    {potatoes|cherries|grapes} {ripened|were picked} #few weeks {early|late} .
    {many|some} {had|have} {to|already had to} {sell|slaughter} {cattle|part of their herds} .
    {rain|frost} {came|had come} {too late|too early} {for|in} {most|many} {fields|valleys} .

    {on average|this year} a {field|farm} {gave|yields} #percent {more|less} than in #year .
    {the|} {fields|orchards} around $place2 {suffered|did} {less|better} .

    {the|a} {union|association} of farmers {asked|has asked} for {help|lower taxes} .
    {$company1|the ministry} {offered|promised} {a loan|to buy the rest} .
    {shops|bakers} {in|of} $place1 {pay|ask} {more|less} for {flour|fruit} .
    {young|older} farmers {give up|look for other work} {, the union said|} .
    {wells|ponds} {dried|had dried} up {in the hills|} .
    {at|on} the market {in $place2|} {apples|eggs} {cost|fetched} #percent {more|less} .

    {the|} {harvest|picking} {ends|begins} {on @day|next week} .
    {growers|farmers} hope for {rain|a dry @season} .
    {the|a} {ministry|bank} {will|wants to} decide {in the @season|next week} .
    """
)

LOOK = Look(
    kind="language",
    stories=(_COUNCIL, _FOOTBALL, _WEATHER, _COMPANY, _COURT, _TRAINS, _CULTURE, _FARMING),
)
