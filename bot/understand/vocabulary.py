"""The words around measurements, by what they do: join, link, correct, refuse, compare, ask."""

from __future__ import annotations

from bot.understand.calendar import MONTHS, WEEKDAYS
from bot.understand.fillers import ASIDES
from bot.understand.plain import words
from bot.understand.quantities import FOREIGN_UNITS, UNITS

#: Between a field and its number; they change nothing.
LINKS = ASIDES | words(
    """are was were being be been dey na ne no yɛ ye eye ɛyɛ de wɔ wo has have had having get gets got getting comes came come measures measure
    measured measuring measurement measurements reads read says show shows shown showing value size equals equal equivalent should must can
    could may might does do now still already stands stand gave gives given giving reaches reach from at on of by as approx approximate
    approximately around about almost nearly close roughly round circumference girth maybe perhaps probably guess exactly precisely full
    total abeg koraa paa sef self own side me my mine he she her his him their your our it this these those here there e ɛ em dem una body
    line tape too also well quite very actual current new final correct right left wide width broad long tall deep pɛpɛɛpɛ bɛyɛ beye sɛ se
    bi wei s t d ll re ve m below above following follows namely take takes taken put set record note noted write save use fit fits only
    even just either plus pls stated comprises include includes including make makes recorded written keep kept finally first firstly second
    secondly third thirdly next last lastly another other both each all every everything up down out off over ooo ooh ah eh aha hmm erm uh
    um err ermm mhm abi okay ok himself herself myself yourself itself sir madam please thanks thank am is so then thing things"""
)
#: Between the members of a list.
JOINS = words("and n plus also then na ne with followed by und et the my or nor his her their your")
JOIN_MARKS = frozenset((",", *"/-&+|•*·:;.\n=>–~()[]", ""))  # and what was left out of the row
COMMA, STOPS = frozenset(","), frozenset(";.!?\n")
ALTERNATIVES = words("or to till until anaa upto through thru if sometimes")
#: Between two numbers one of which is meant: "32 or is it 33", "36 if not 37".
AROUND_ALTERNATIVES = words("but it its is was not even could be can might also say i think am like most more mostly the about around maybe")
SAME_FOR_ALL = words("both each all every same everything equally")

#: What follows takes the place of what was said last.
CORRECTIONS = words(
    """no nope nah sorry actually rather correction correct corrected mistake mistaken mistakenly scratch mean meant instead change changed update
    updated edit adjust error wrong wrongly oops ops wait hold ignore forget cancel disregard apologies apology pardon typo not now should
    replace amend revise daabi dabi kafra kosɛ kose ops oo sorri sory"""
)
#: Words that take part in a correction without being one themselves.
AROUND_CORRECTIONS = LINKS | words(
    """but on that was made i oh ei ah error saying again mind one number previous earlier to with it as in there let check see bad look confirm
    myself boss use put make thats"""
)

UNKNOWN = (
    "dont know", "do not know", "dey know", "cant say", "cannot say", "no fit", "not fit", "not sure", "no idea", "no know", "idk",
    "never measured", "cant measure", "cannot measure", "mennim", "minnim", "dont have", "do not have", "havent measured",
    "have not measured", "not measured", "havent taken", "cant remember", "dont remember", "do not remember", "cannot remember", "unknown",
    "unsure", "no get", "no sabi", "didnt measure", "did not measure", "couldnt measure", "not know", "yet to measure", "forgot",
    "forgotten", "have forgotten", "no measure", "no remember", "not certain", "cant tell", "cannot tell", "never took", "not available",
    "not taken", "dont get", "doesnt know", "does not know", "didnt take", "did not take", "will measure", "skip",
)  # fmt: skip
PREVIOUS = (
    "same as last", "same as before", "same as previous", "same as the last", "same as the previous", "same as the one", "same as my last",
    "same as my old",
    "same as always", "same as usual", "same as ever", "as last time", "as before", "as always", "as usual", "as previously", "last time",
    "like last",
    "like before", "old one", "old ones", "old measurement", "old measurements", "old size", "old sizes", "old record", "previous measurement",
    "previous measurements", "previous one", "previous ones", "last measurement", "last measurements", "last one", "last ones", "saved one",
    "saved ones", "saved measurement", "saved measurements", "you have already", "already have", "have it already", "have them already",
    "have my measurement", "have my measurements", "one you have", "ones you have", "you have on file", "on file", "my usual", "usual one",
    "usual size", "the usual", "same measurement", "same measurements", "same size", "same sizes", "same one", "same ones", "same thing",
    "no change", "nothing changed", "nothing has changed", "hasnt changed", "not changed", "havent changed", "havent change", "unchanged",
    "remains the same", "remain the same", "still the same", "are the same", "is the same", "the same as", "previous order", "last order",
    "you took", "you measured", "what you have", "same like", "gave you", "sent you", "on record", "in my profile", "my profile", "your records",
)  # fmt: skip
PREVIOUS_ALONE = words("same previous before unchanged")

COMPARATIVES = words(
    """bigger smaller longer shorter tighter looser larger wider narrower slimmer fitter higher lower fuller freer roomier loose tight bit more
    less extra fewer allowance ease"""
)
DELTA_VERBS = words(
    """add adding added increase increased increasing reduce reduced reducing decrease decreased extend extended shorten shortened lengthen loosen
    widen tighten plus minus subtract remove deduct cut trim lose gained lost gain allow leave drop raise lower"""
)
AFTER_DELTA = words("more less bigger smaller longer shorter tighter looser larger wider narrower extra higher lower additional off fewer slimmer")

SIZE_WORDS = words("xs xl xxl xxxl xxxxl small medium large")
SIZE_LETTERS = words("s m l")
SIZE_SYSTEMS = words("uk us eu european american british usa")

#: Before a number: it counts, names or pays for something.
BEFORE_OTHER = words(
    """ghs gh ghc ghȼ gh¢ cedi cedis price cost costs pay paid deposit budget amount balance phone tel telephone mobile whatsapp momo contact call
    order number nr num option room house hse plot box ref reference code id invoice receipt page step item ticket gps digital account acct
    floor block flat age aged version v line chapter usd dollar dollars naira euro euros pin otp table street apt apartment year size shoe before
    after past quantity qty versus vs
    shoes weigh weighs weight community zone"""
)
#: After a number: what is counted.
AFTER_OTHER = (
    words(
        """ghs gh ghc cedi cedis pesewas pesewa dollars dollar usd naira euros euro pounds year years yr yrs yo day days week weeks wk wks month
        months
    mth mths hour hours hrs hr minute minutes min mins second seconds secs pm am oclock percent pieces piece pcs people persons person men
    women times time kids children boys girls sons daughters brothers sisters friends clothes cloths shirts dresses pants suits uniforms
    kaftans gowns blouses skirts smocks agbadas outfits colours colors buttons pockets pocket guests bridesmaids groomsmen sets set pairs
    pair copies star stars km miles th st nd rd of them items orders measurements numbers values fingers sewn"""
    )
    | words("things tailors designers bedrooms rooms floors seats passengers rounds laps miles points goals minutes likes views shares subscribers")
    | FOREIGN_UNITS
)
#: What is worn and has its own numbers: "my shoe is 43", "bra size 36C".
WORN = words("shoe shoes bra bras cup ring sandals sneakers boot boots slippers heels footwear")
BUYING = words("need needs want wants buy bought buying bring brought weigh weighs weight weighing have got cloth fabric material of use used")
DATED = frozenset(MONTHS) | frozenset(WEEKDAYS)
BEFORE_DATE = words("on before by since until till date dated due") | DATED

QUESTION_OPENERS = words("is are was were am what how which why when where who whose should would do does did if whats hows can could")
HOW = words("how what why which when where who whats hows")

GREETINGS = words(
    """hello hi hey hiya morning afternoon evening day dear thanks thank greetings yo ei eii sup bye goodbye chale
    charley welcome"""
)
#: Who does one of these is not the one who was measured.
AGENT_WORDS = words(
    """said says told tell recommended recommends sent send sends gave asked asks directed introduced referred measured took takes helped helps will
    can thinks think made makes sewed sewn sew sews called calls came lives knows told paid pays wrote chose"""
)
BEFORE_AGENT = words("with by from like than via through see ask tell told call contact")

#: Words for a part of the body or a length that may be two measurements.
VAGUE_WORDS = words("length lenght lenth lengths arm arms back front leg legs hand hands foot side torso body width breast finger")
VAGUE_PHRASES = (("tip", "to", "tip"), ("body", "length"), ("leg", "length"), ("leg", "round"), ("round", "leg"), ("back", "round"))
LENGTHWISE, ROUND = words("length lenght lenth lengths long"), words("round around circumference girth rounds")
#: Fields whose name is also the name of a garment or an ordinary word: they count only beside a number.
WEAK_NAMES = words(
    """top seat head cap base bass rise fly flap lap laps bo kon sere bum muscle trouser trousers agbada skirt blouse kaba slit shorts sleeve
    sleeves tall bottom burst waste"""
)
GARMENT_WORDS = words("trouser trousers shorts skirt blouse agbada kaba slit top cap sleeve sleeves")
#: Which "length" a garment has.
LENGTH_OF = {
    "trousers": "trouser_length", "trouser": "trouser_length", "pants": "trouser_length", "skirt": "skirt_length", "shirt": "top_length",
    "kente_shirt": "top_length", "casual_shirt": "top_length", "dashiki": "top_length", "kaftan": "top_length", "smock": "top_length",
    "fugu": "top_length", "dress": "full_length", "gown": "full_length", "office_dress": "full_length", "wedding_dress": "full_length",
    "agbada": "agbada_length", "shorts": "shorts_length", "kaba": "kaba_length", "kaba_and_slit": "kaba_length", "funeral_cloth": "kaba_length",
    "slit": "slit_length", "blouse": "blouse_length", "knickers": "shorts_length",
}  # fmt: skip

#: Other ordinary words of these messages: never a name, never the name of an unknown measurement.
_ORDINARY = words(
    """able according add address after again ago airport album any anybody anyone anything april aunt away bag band because become before begin
    behind below beside best better between big birthday black blue bottom boy bride bridal bring brown business but button buy care case
    casual catalogue ceremony chain change chapel chart check choir church client closing cloth clothes clothing coat collar collect colour
    color coming complete cotton couple course cream customer cut dance dark data date daughter day deliver delivered delivery denim design
    designs detail details different dimension dimensions dinner dirac do done doing dress dresses during early easter embroidery engagement
    event events exact example express fabric fabrics family far fashion father favourite february female few figures files fill find fine
    finish fitted fitting flared floor following forgot form formal free friday friend friends front fugu full funeral garment garments
    gentleman gents gift girl girls going gold gown gowns graduation green grey group groom guy guys gh ghana half hall hand happy hard
    having heavy hello help high highlife hold home hope hour house however human i idea important inform information inside invoice jacket
    january jeans job join jumpsuit june july kaftan kaftans kente kid kids kind kindly know lace ladies lady later latest length let letter
    light like linen lining list little live long look looking lot love low lunch made male man many march mark market married master match
    material matter maybe me mean means measuring meet member members men message middle might mind mine mini minute model monday money
    month more morning most much name named need needed needs never new news nice night normal nothing november now number numbers october
    office often ok old once one ones open or orange order orders other others ours outside outfit outing own owner package pain pants paper
    part parts party pastor patch pattern payment people person persons phone photo pick picture piece pink place plain plan plans please
    pocket pockets points police polo possible post price print problem product profile program promise proper purple put quality question
    quick quickly ready real really reason receive record red regards remaining remember repeat request rest result results same sample
    saturday save school second see send senator sent september service set seven sew sewing shape sheet ship shirt shirts shoe shoes shop
    short should show side silk simple since single sister size sizes skinny slim slow small smart smock soft some someone something soon
    special sport sports standard start started stats status still stop straight straighten street stretch student style styles suit suits
    summary sunday super sure system tailor tailors take talk tape teacher tell test text than that their them these thing things think this
    those though through thursday tie tight time times today together tomorrow tonight top total touch traditional trad train true try
    tuesday turn two type uncle under underwear uniform uniforms until update upper us use used usual velvet wear wearing wednesday wedding
    week weekend weight welcome went wen when where which while white who whole why wide will wish with without woman women word words work
    working world worry wrong yard year yellow yes yesterday yet young your zip zipper above across along alright always amount ankle approx
    attached based beneath breathe breathing certain comfortable comfort currently dont didnt cant wont isnt im ive id ill youre its thats
    whats hows lets gonna wanna abeg chale wey wetin dis dat dey sef sabi fit make una dem den di de ein hin im yebi sake hia mate abofra ntade
    ntoma tuntum fufuo every exactly extra fat feel first fix fold follow follows foot give gives given good got great guess gave hm height
    hi hips image inch indeed last late least leave left less line lines loose lose main near neat neck no none nope nor note noted okay
    only our out over page pair past pending per perfect pls point prefer present previous private public range rather reach read reading
    refer regular relaxed right rough round row say score section sections seems sense several shall sharp sir sit snug so stand stands
    state stated sub such sum tall task themself then there they thick thin third three tilt to too tops tummy up upon version very view
    want wants was way we well were what whenever whether yeah yep you mister madam boss masa oga auntie chief honorable hon mr mrs miss ms
    dr rev osofo sofo alhaji hajia prof respectively currently presently thereabout thereabouts inclusive accordingly things service out later
    depending depends output
    print return insert execute respond assign type
    guy respective measurement altogether together bra cup cups ring location area town city region brand email"""
)
KNOWN = (
    _ORDINARY | LINKS | JOINS | CORRECTIONS | AROUND_CORRECTIONS | COMPARATIVES | DELTA_VERBS | AFTER_DELTA | SIZE_WORDS | SIZE_LETTERS |
    SIZE_SYSTEMS | BEFORE_OTHER
    | AFTER_OTHER | BUYING | DATED | QUESTION_OPENERS | GREETINGS | AGENT_WORDS | VAGUE_WORDS | WEAK_NAMES | UNITS.keys() | LENGTH_OF.keys()
    | {word for phrase in (*UNKNOWN, *PREVIOUS) for word in phrase.split()}
)  # fmt: skip
