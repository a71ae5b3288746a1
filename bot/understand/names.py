"""Relatives and given names: whom a measurement may belong to."""

from __future__ import annotations

from bot.understand.plain import words

#: What relatives are called -> the one word we use.
RELATIVES = {
    **{word: word for word in (
        "wife", "husband", "partner", "son", "daughter", "child", "baby", "boy", "girl", "mother", "father", "brother", "sister", "twin",
        "uncle", "aunt",
        "friend", "cousin", "nephew", "niece", "grandmother", "grandfather", "grandson", "granddaughter", "fiance", "fiancee", "boyfriend",
        "girlfriend",
        "stepson", "stepdaughter", "ward",
    )},
    **dict.fromkeys(("mum", "mom", "mummy", "mommy", "mama", "mam", "mumsy", "momsy"), "mother"),
    **dict.fromkeys(("dad", "daddy", "papa", "popsy", "dada"), "father"),
    **dict.fromkeys(("hubby", "hubbie", "kunu"), "husband"), **dict.fromkeys(("wifey", "yere", "madame"), "wife"),
    **dict.fromkeys(("kid", "kiddo", "toddler", "abofra"), "child"), **dict.fromkeys(("infant", "newborn"), "baby"),
    **dict.fromkeys(("auntie", "aunty", "anti"), "aunt"), **dict.fromkeys(("bro", "broda", "brova"), "brother"),
    **dict.fromkeys(("sis", "sista"), "sister"), **dict.fromkeys(("grandma", "granny", "grandmum"), "grandmother"),
    **dict.fromkeys(("grandpa", "granddad", "grandad"), "grandfather"), "bestie": "friend", "wofa": "uncle", "wɔfa": "uncle",
    "ba": "child", "babaa": "daughter", "babarima": "son", "agya": "father",
    "fiancé": "fiance", "fiancée": "fiancee", "dota": "daughter",
}  # fmt: skip
CHILD_WORDS = words("son daughter child baby boy girl stepson stepdaughter ward grandson granddaughter nephew niece")
#: Relatives nobody calls out to: without "my" they are spoken of, not to.
NEVER_ADDRESSED = words("wife husband son daughter hubby wifey child kid baby boy girl partner fiance fiancee nephew niece grandson granddaughter")
#: Relatives that may also be a polite way to call anybody.
POLITE = words("sister brother aunt uncle friend boss")
#: Between "my" and the relative.
BETWEEN = words(
    """first second third last eldest elder older oldest younger youngest little small big only dear beloved lovely other twin junior senior new
    late own sweet year years old yr yrs month months"""
)
OWNERS = words("my our his her their me the your for of")
TITLES = words(
    """mr mrs miss ms dr rev auntie aunty uncle sister bro brother madam chief pastor osofo alhaji hajia prof nana maame papa mama sis
    daavi efo fo"""
)

_NAMES = """kofi kwame kwaku kweku kwesi kwasi kojo kwadwo kwabena kobina kobby kobi yaw yao ekow kow kwamena fiifi fifi ebo ato kodwo kudjo kojoe
komla
    koku kwami kossi kosi edem elikem selorm selasi mawuli kafui dela dzifa eyram esinam enam senam sena akpene yayra delali etornam elom
    sedinam makafui mawuena fafa fafali aseye akos akosua akosia akua akuba akuvi ama amma aba araba abena abenaa adwoa adjoa adjo ajoa afua
    afia efua efia esi akousua yaa yaaba ekua ekuwa esther baaba maame afi ablah abla adzo akofa akwele akweley ayele ayeley naa dede korkor
    korkoi tsotso nii nene lartey ayikwei ataa lawer tetteh teye narh tei okoe akuorkor kai nana kukua kuukua panyin kakra manu mansa anane
    nsiah botwe nyamekye adom nhyira nyameba afriyie serwaa serwah pokuaa boatemaa agyeiwaa asantewaa oforiwaa konadu owusu osei mensah
    boateng asante addo appiah agyeman amoah antwi acheampong ofori darko opoku adjei sarpong frimpong danso ansah quansah asamoah gyamfi
    yeboah bonsu poku obeng amponsah nkrumah kwarteng abdul abdulai abdulrahman abu abubakar adam adama aisha alhassan ali amina amadu aminu
    asana ayisha baba bashiru fatima fatimah fati fatawu fuseini habiba hajara hamza haruna hassan hussein ibrahim idris iddrisu ismail
    issah issahaku issaka jamila kadri khadija latifa mahama mariam mariama memuna mohammed muhammed mohamed muhammad mustapha musah musa
    mubarak nafisa osman rabi rafia rahim rahinatu rashid rashida rukaya sadia sadik saeed safia sahada salamatu salifu samira sanatu seidu
    shaibu sharifa suale sulemana sumaila tahiru umar yakubu yahaya yussif zainab zakari zakaria zenabu zuwera wasila ayamga atinga aboagye
    apana azure abigail abraham adelaide agatha agnes albert albertina alex alexander alfred alice alicia amanda amos andrews andrew angela
    anita ann anna anne annabel anthony antoinette augustina augustine barbara beatrice belinda benedicta benjamin bernard bernice bertha
    bismark bridget caleb caroline cate catherine cecilia celestine charles charlotte christabel christian christiana christina christopher
    clara clement collins cynthia cyril dan daniel daniella david deborah delphine dennis derrick desmond diana dominic dora doreen dorcas
    doris dorothy ebenezer eddie edith edmund edna edward edwin eli elias elijah elikplim elizabeth ella ellen elsie emelia emily emma
    emmanuel emmanuella enoch eric erica ernest ernestina eugene eunice eva evans evelyn ezekiel felicia felicity felix florence frances
    francis francisca frank fred freda frederick gabriel georgina george gerald gifty gideon gilbert gladys gloria godfred godfrey godwin
    hannah harriet harrison helen helena henrietta henry hilda isaac isaiah isabella ivy jacob jacqueline james jane janet jason jeffrey
    jemima jennifer jeremiah jessica jesse joan joana joanna joe joel john jonas jonathan jones josephine joseph joshua joyce judith julia
    juliana juliet justina kate kelvin kenneth kevin kingsley larry laura lawrence leah leticia lilian linda lisa lois louisa lucy luke
    lydia mabel magdalene malik marcus margaret maria marian marie martha martin mary matilda matthew maureen maurice mavis maxwell mercy
    michael michelle millicent miriam monica moses nadia naomi nancy nathan nathaniel nelson nicholas nicole noah olivia oscar pamela
    patricia patrick paul paula paulina pearl peter philip phillip philomena phyllis prosper priscilla rachel raymond rebecca regina richard
    richmond rita robert roberta rosemary rosina ruby ruth sabina salomey salome samuel sandra sara sarah selina seth sharon sheila sheilla
    simon solomon sophia stella stephanie stephen steven susan susana sylvester sylvia tabitha theodora theophilus theresa thomas timothy
    tina tracy ursula vanessa vera veronica vida vincent vivian wendy wilhelmina william williams winifred wisdom yvonne zachariah kuma
    kwakye kwabs kwaw abeiku papayaw nanayaa nanaama maadwoa ohemaa obaapa obaayaa abrefi animah akyaa dufie nyarko tawiah"""
NAMES = words(_NAMES)
#: Names that are also ordinary words: only with a capital letter or where nothing else can stand.
NAMES_WITH_MEANING = words(
    """grace mercy joy patience comfort charity hope faith blessing prince princess mark bill sunday gift precious bright justice wisdom will may
    april june august rose queen king success favour favor love peace happy lucky innocent goodness victor victoria victory divine perfect
    prosper emmanuel junior nick tommy bella billy betty rich angel heaven destiny promise praise fortune gold silver star sky harmony
    melody glory noble"""
)
