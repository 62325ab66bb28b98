"""The glossary of strength: how strong words are, in English, French, German and Dutch.

All patterns are matched on folded text (`plain_text.folded`): lower case, without accents. A text is held against the
words of all languages, since one could be written in another language than it says.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w'])(?:" + "|".join(patterns) + r")(?!\w)")


# Likelihood: low and high in percent, as ICD-203 has its rows. The first that matches at a place counts.
BANDS: tuple[tuple[int, int, re.Pattern[str]], ...] = (
    (
        95,
        99,
        _any(
            r"(?:almost|nearly|near|virtually|practically|all but|as good as)[ -]?certain(?:ly|ty)?",
            r"(?:quasi|presque|pratiquement)[ -]?certain(?:e|s|es)?",
            r"quasi[ -]?(?:certitude|certainement)",
            r"(?:fast|nahezu|beinahe|so gut wie|praktisch) (?:ganz )?(?:sicher|gewiss)",
            r"mit an sicherheit grenzender wahrscheinlichkeit",
            r"(?:vrijwel|bijna|nagenoeg|zo goed als|praktisch) zeker",
        ),
    ),
    (
        1,
        4,
        _any(
            r"(?:almost|virtually|practically) no chance|(?:presque|quasiment) aucune chance",
            r"(?:fast|nahezu|so gut wie) keine chance|(?:bijna|vrijwel|nagenoeg) geen kans",
            r"(?:almost|virtually|practically) (?:impossible|ruled out|excluded)",
            r"(?:presque|quasiment|pratiquement) (?:exclu|impossible)(?:e|s|es)?",
            r"(?:fast|nahezu|so gut wie|praktisch) (?:ausgeschlossen|unm(?:o|oe)glich)",
            r"(?:vrijwel|bijna|nagenoeg|zo goed als) (?:uitgesloten|onmogelijk)",
        ),
    ),
    (
        5,
        19,
        _any(
            r"(?:very|highly|most|extremely) (?:unlikely|improbabl[ey])",
            r"(?:tres|fort|hautement) (?:improbable|peu probable|invraisemblable|peu vraisemblable)s?",
            r"(?:sehr|h(?:o|oe)chst|(?:a|ae)u(?:ss|ß)erst) unwahrscheinlich\w*",
            r"(?:zeer|hoogst|heel|erg|uiterst) onwaarschijnlijk\w*",
        ),
    ),
    (
        80,
        94,
        _any(
            r"(?:very|highly|most|extremely|quite|overwhelmingly) (?:likely|probabl[ey]|plausible)",
            r"(?:more|plus) (?:than|que) (?:likely|probable)|in all (?:likelihood|probability)|chances are|"
            r"selon toute (?:vraisemblance|probabilite)|aller (?:wahrscheinlichkeit|voraussicht) nach|"
            r"naar alle waarschijnlijkheid",
            r"(?:high|strong|great) (?:degree of )?(?:probability|likelihood)",
            r"strong(?:ly)? (?:signs?|indications?|evidence|suspicions?|suspects?|suggests?|points? to|"
            r"indicates?)",
            r"(?:tres|fort|hautement|extremement) (?:probable|vraisemblable)(?:ment|s)?",
            r"(?:forte|grande|haute) (?:probabilite|vraisemblance)",
            r"(?:signes?|indices?) (?:forts?|solides?|serieux)",
            r"(?:forts?|solides?|serieux) (?:signes?|indices?|soupcons?)",
            r"(?:sehr|h(?:o|oe)chst|(?:a|ae)u(?:ss|ß)erst|(?:u|ue)beraus) ?wahrscheinlich\w*",
            r"(?:hoher|gro(?:ss|ß)er|hohe|gro(?:ss|ß)e) wahrscheinlichkeit",
            r"(?:starke|starken|deutliche|deutlichen) (?:anzeichen|hinweise\w*|indizien)",
            r"(?:zeer|hoogst|heel|erg|uiterst) waarschijnlijk\w*",
            r"(?:grote|hoge) (?:mate van )?waarschijnlijkheid",
            r"(?:sterke|duidelijke) (?:aanwijzingen|tekenen|indicaties)",
        ),
    ),
    (
        20,
        44,
        _any(
            r"unlikely",
            r"improbabl[ey]s?",
            r"(?:peu|moins) (?:probable|vraisemblable)s?",
            r"invraisemblables?",
            r"unwahrscheinlich\w*",
            r"onwaarschijnlijk\w*",
            r"doubtful",
        ),
    ),
    (
        45,
        54,
        _any(
            r"(?:roughly|about) (?:even|equal)(?: chances?| odds)?|even (?:chances?|odds)",
            r"chances sont a peu pres egales|une chance sur deux|etwa gleich|ongeveer (?:gelijk|even groot)",
        ),
    ),
    (
        55,
        79,
        _any(
            r"likel(?:y|ier|iest)",
            r"probabl[ey](?:ment|s)?",
            r"presumabl[ey]|it looks like|(?:looks|seems) like it was|has all the marks of",
            r"suspected",
            r"points? to(?:wards?)?",
            r"reasons? to (?:believe|think|suspect)",
            r"some (?:signs?|indications?)",
            r"vraisemblable(?:ment|s)?",
            r"(?:quelques|plusieurs|des) (?:signes|indices)",
            r"raisons? de (?:croire|penser)",
            r"(?<!un)wahrscheinlich\w*",
            r"vermutlich\w*",
            r"mutma(?:ss|ß)lich\w*",
            r"(?:deutet|deuten) (?:alles )?auf",
            r"einige (?:anzeichen|hinweise)",
            r"grund (?:zu|zur) (?:der )?(?:annahme|glauben)",
            r"waarschijnlijk\w*",
            r"vermoedelijk\w*",
            r"(?:wijst|wijzen) (?:alles )?op",
            r"(?:enkele|enige) (?:aanwijzingen|tekenen)",
            r"redenen? om (?:aan te nemen|te geloven)",
        ),
    ),
)

# Likelihood that is no row of its own.
WEAK = _any(r"few signs", r"peu d'indices", r"weinig aanwijzingen", r"wenige? anzeichen")

# Beyond any assessment: nothing that is judged from mail is ever so strong.
CERTAIN = _any(
    r"(?<!un)certain(?:ly|ty|e|s|es|ement)?",
    r"certitudes?",
    r"undoubted(?:ly)?|doubtless(?:ly)?|undeniabl[ey]|indisputabl[ey]|unquestionabl[ey]|irrefutabl[ey]|"
    r"unmistakabl[ey]",
    r"incontrovertibl[ey]|incontestabl[ey]|indubitabl[ey]",
    r"(?:no|without(?: a| any)?|beyond(?: a| any| all)?(?: reasonable)?|little|leaves? no) doubt",
    r"(?:no|without|beyond) question",
    r"definite(?:ly)?|definitive(?:ly)?|conclusive(?:ly)?|unambiguous(?:ly)?|unequivocal(?:ly)?",
    r"(?:re)?confirm(?:s|ed|ing|ation|ations)?",
    r"pro(?:ve|ves|ved|ven|ving|of|ofs)(?! of concept)|disproves?|verified|verifies|ascertained",
    r"established(?! (?:on|in \d))|demonstrate[sd]?|attested",
    r"clear(?:ly)?|obvious(?:ly)?|evident(?:ly)?|plain to see|surely|(?<!make )(?<!making )sure|guarantee[sd]?",
    r"absolute(?:ly|ment)?|absolut|convinced|convaincue?s?|(?:u|ue)berzeugt|overtuigd|beyond (?:any )?dispute|"
    r"no other (?:explanation|conclusion)|for a fact|(?:is|are|as) (?:a )?facts?|fakt ist|experts agree|"
    r"only (?:\w+ ){1,4}(?:can|could) have|"
    r"(?:a|the|established|in) fact that|it is a fact|we (?:now )?know (?:that|who|it)|(?:it is|"
    r"is) known (?:that|who)",
    r"(?:can|could) only (?:be|have|come)|must have been|must be the|the truth is|smoking gun|100 ?(?:%|"
    r"percent)",
    r"(?:sans|aucun|nul|hors de|ne fait (?:pas|aucun|guere)(?: de)?)(?: aucun| nul| le moindre)? doutes?",
    r"assurement|ssur(?:e|s|es|ement)?|surement|indubitable(?:ment)?|indeniable(?:ment)?|"
    r"incontestable(?:ment)?",
    r"(?:re)?confirm(?:e|es|ent|er|ee|ees|ons|ait|aient|ant|a|ent)",
    r"prouv(?:e|es|ent|er|ee|ees|ons|ant|ait)|preuves?|demontr(?:e|es|ent|er|ee|ees|ons|ant)|avere(?:e|s|es)?",
    r"etabli(?:e|s|es|t|ssent)?|evidemment|manifeste(?:ment)?|claire?(?:ment|s)?|formelle(?:ment)?|nous savons",
    r"il est connu|on sait (?:que|qui)|ne peut (?:etre|venir) que|fait etabli|factuel(?:le|lement)?",
    r"gewiss(?:e[rnms]?|heit|lich)?|sicherlich|mit (?:aller |voller |absoluter )?(?:sicherheit|gewissheit|"
    r"bestimmtheit)",
    r"(?:ganz|absolut|v(?:o|oe)llig|todsicher|hundertprozentig) ?sicher|hundertprozentig\w*|todsicher",
    r"zweifel(?:los|sfrei|sohne)\w*|unzweifelhaft\w*|(?:ohne|kein|keine|keinen|keinerlei|au(?:ss|"
    r"ß)er) (?:jeden |jeglichen )?zweifel",
    r"(?:steht|stand) (?:au(?:ss|ß)er (?:frage|zweifel)|fest)|fest(?:steht|gestellt)|eindeutig\w*|"
    r"unbestreitbar\w*",
    r"unbestritten\w*|nachweislich\w*|nachgewiesen\w*|erwiesen\w*|bewiesen\w*|bewei(?:s|st|se|sen|ses)|"
    r"belegt|belegen",
    r"best(?:a|ae)tig(?:t|te|ten|en|e|ung|ter|tes|tem)|offen(?:sichtlich|kundig|bar)\w*|klar(?:e[rnms]?)?|"
    r"definitiv\w*",
    r"wir wissen(?:,)? (?:dass|wer)|bekannt ist(?:,)? (?:dass|wer)|tatsache|zwingend|kann nur|k(?:o|"
    r"oe)nnen nur",
    r"(?:heel |absoluut |zeker en )?zeker|zekerheid|ongetwijfeld|ontegenzeggelijk\w*|onmiskenbaar\w*|"
    r"onbetwistbaar\w*",
    r"onomstotelijk\w*|onweerlegbaar\w*|(?:zonder|geen|buiten)(?: enige| elke| iedere)? twijfel|buiten kijf|"
    r"beslist",
    r"bewij(?:s|st|zen|sbaar)|bewezen|bevestig(?:d|de|t|en|ing)|aangetoond|toont aan|staa?t vast|vaststaat|"
    r"vastgesteld",
    r"duidelijk\w*|overduidelijk\w*|definitief|stellig|we(?: nu)? weten (?:dat|wie)|wij weten (?:dat|wie)|"
    r"kan alleen",
)
# Denied, these become certainty.
DOUBT = _any(
    r"uncertain(?:ty)?|in doubt|doubt(?:s|ed)?|deny|doubts|questioned|disputed|denied|unproven|unclear",
    r"incertain(?:e|s|es)?|incertitude|conteste(?:e|s)?|douteux|doute(?:nt)?",
    r"ungewiss|unsicher|bezweifelt|bezweifeln|zweifelt|zweifeln|leugnen|bestritten|unklar|zweifelhaft",
    r"onzeker|onzekerheid|betwist|betwijfeld|twijfelt|twijfelen|onduidelijk|twijfelachtig",
)

_LEVELS = {
    "high": r"high|highest|strong|great|full|complete|every|utmost|considerable|total|haute|elevee?|grande|"
    r"forte|totale"
    r"|pleine|entiere|hohe[rsnm]?|hoch|gro(?:ss|ß)e[rsnm]?|starke[rsnm]?|volle[rsnm]?|hoge|hoog|groot|grote|"
    r"sterk|volle?dige?",
    "moderate": r"moderate|medium|fair|moyenne?|moderee?|mittlere[rsnm]?|mittel|m(?:a|ae)(?:ss|"
    r"ß)ige?[rsnm]?|matige?|gemiddelde?|redelijke?",
    "low": r"low|little|limited|weak|faible|basse|limitee|geringe?[rsnm]?|niedrige?[rsnm]?|schwache?[rsnm]?|"
    r"lage?|laag|gering|beperkte?",
}
_CONFIDENCE = r"(?:confidence|confiance|zuversicht|konfidenz|vertrauen|vertrouwen|betrouwbaarheid)"
CONFIDENCE_LEVELS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (
        name,
        _any(
            rf"(?:{words}) (?:\w+ ){{0,2}}{_CONFIDENCE}",
            rf"{_CONFIDENCE} (?:\w+ ){{0,8}}(?:{words})",
        ),
    )
    for name, words in _LEVELS.items()
)
CONFIDENCE = _any(
    _CONFIDENCE,
    r"confident(?:ly)?|confiants?|zuversichtlich|vertrouwend",
    r"(?:high|moderate|low|hohe[rmn]?|mittlere[rmn]?|geringe[rmn]?|hoge|matige|lage) (?:degree|grad|"
    r"mate) (?:of|an|van)",
)
CONFIDENT = _any(r"confident(?:ly)?|confiants?|zuversichtlich|(?:high|highest) degree of certainty")

# Who did it, without a word on how likely.
AUTHOR = _any(
    r"(?:is|are|was|were|stands?|stood|be|been|being|lies?) (?:\w+ )?behind",
    r"(?:the )?(?:handi)?work of|(?:carried out|conducted|perpetrated|orchestrated|authored|masterminded|"
    r"mounted|run|done) by",
    r"attribut(?:ed|able|es?) (?:\w+ )?to|responsible for|on behalf of|at the behest of|in the service of|"
    r"culprits?",
    r"(?:author|sender|perpetrator|mastermind|originator)s? (?:is|are|was|were)(?! (?:not|still|as yet|"
    r"un\w+)\b)|none other than|nobody but|"
    r"no one but",
    r"(?:traced|traces?|leads?|led) (?:back )?to|bears? the (?:signature|hallmarks?|marks?) of|can be attributed|"
    r"(?:perpetrator|culprit|author|sender|attacker|auteur|coupable|expediteur|dader|afzender)s? "
    r"(?:(?!not |pas |ne |nicht |niet )\w+ ){0,3}(?:identified|known|named|caught|connue?s?|identifiee?s?|"
    r"bekend|gepakt)|"
    r"(?:t(?:a|ae)ter|urheber|absender) (?:(?!nicht )\w+ ){0,3}(?:bekannt|identifiziert|gefasst)|"
    r"(?:it|they|he|she) did(?: it)?(?=[ .!?]*$)|it was (?:them|they)|sie waren es|zij waren het|c'(?:etait|est) eux|"
    r"the hands? of|(?:is|are|was|were) to blame|fingerprints? of",
    r"(?:est|sont|etait|etaient|fut|se trouve|se trouvent|se cache|se cachent|sont) (?:\w+ )?derriere|"
    r"derriere (?:\w+ ){1,5}(?:est|sont|se)",
    r"(?:l')?oeuvre (?:de|d'|du|des)|(?:men|conduit|realis|commis|perpetr|orchestr|execut|pilot)(?:e|ee|es|"
    r"ees|s|te|tes)? par",
    r"attribu(?:e|ee|es|ees|able|er|ent|ables) (?:\w+ )?(?:a|au|aux)|(?:est|sont) (?:\w+ )?(?:responsables?|"
    r"coupables?)",
    r"a l'origine|pour le compte|commandit\w+|(?:l'auteur|les auteurs|l'expediteur|le coupable) (?:est|sont|"
    r"etait)",
    r"nul autre que|personne d'autre que",
    r"(?:steckt|stecken|steht|stehen|stand|standen|steckte|steckten|verbirgt) (?:\w+ ){0,4}(?:da)?hinter",
    r"(?:da)?hinter (?:\w+ ){0,5}(?:steckt|stecken|steht|stehen|stand|standen|steckte|verbirgt)",
    r"(?:das )?werk (?:von|der|des|einer|eines)|(?:ver(?:u|ue)bt|durchgef(?:u|ue)hrt|begangen|gesteuert|"
    r"ausgef(?:u|ue)hrt|beauftragt) (?:\w+ ){0,3}(?:von|durch)",
    r"(?:von|durch) (?:\w+ ){1,4}(?:ver(?:u|ue)bt|durchgef(?:u|ue)hrt|begangen|gesteuert|ausgef(?:u|ue)hrt|"
    r"beauftragt|gesendet|gesandt|verschickt|geschickt)",
    r"im auftrag|zuzuschreiben|zugeschrieben|verantwortlich(?:e[rnms]?)? (?:f(?:u|ue)r|ist|sind)|"
    r"drahtzieher|auf das konto",
    r"(?:urheber|t(?:a|ae)ter|absender|verantwortliche[rn]?)(?:in)? (?:ist|sind|war|waren)|"
    r"niemand ander(?:e|er|es) als",
    r"(?:zit|zitten|zat|zaten|staat|staan|schuilt|schuilen|gaat) (?:\w+ ){0,4}(?:er|hier)?achter",
    r"(?:er|hier)?achter (?:\w+ ){0,5}(?:zit|zitten|zat|staat|staan|schuilt|schuilen)",
    r"(?:het )?werk van|(?:uitgevoerd|gepleegd|opgezet|aangestuurd|verstuurd|gestuurd|verzonden) door|"
    r"toe(?:geschreven|te schrijven) aan",
    r"door (?:\w+ ){1,4}(?:uitgevoerd|gepleegd|verstuurd|gestuurd|verzonden)|verantwoordelijk|in opdracht|"
    r"op het conto",
    r"daders?|(?:afzender|auteur|opdrachtgever)s? (?:is|zijn|was|waren)|niemand anders dan",
)
# Says of a name that it did something, where that name is known or a state's.
DID = (
    r"(?:sent|sends?|wrote|writes|mailed|targeted|targets|attacked|attacks|ran|runs|did|made|built|used|"
    r"operated|launched|"
    r"conducted|carried|spies|hacked|ordered|directed|tracked|"
    r"a envoye|ont envoye|envoie|envoient|a ecrit|a vise|ont vise|a cible|ont cible|a mene|ont mene|"
    r"a attaque|ont attaque|"
    r"hat|haben|schickte|schickten|schickt|sendet|sendete|sandte|verschickte|verschickten|griff|steuerte|"
    r"verschickt|"
    r"heeft|hebben|stuurde|stuurden|stuurt|verstuurde|verstuurden|verzond|verzonden|viel|vallen|voerde)"
)
# Nobody in particular; then an author may be spoken of.
NOBODY = re.compile(
    r"(?:\bnot|n't|\bnobody|\bnever) (?:yet )?(?:be )?(?:know|knows|known|say|says|said|tell|tells|told|"
    r"clear|established) "
    r"(?:\w+ ){0,2}who\b"
    r"|^who(?:ever)?\b|\bwhoever\b|\b(?:some|any)(?:one|body)\b"
    r"|\bunknown (?:actor|group|people|person|persons|sender|hand|party)s?(?= (?:is|are|was|were|sent)|"
    r"[ ,.;]*$)"
    r"|\b(?:savons|sait|sais|savent) pas (?:encore )?qui\b|^qui\b|\bignor(?:ons|e|ent) qui\b|\bquelqu'un\b"
    r"|\bacteurs? inconnus?(?= (?:est|sont|a|ont)|[ ,.;]*$)"
    r"|\b(?:wissen|weiss|weiß)(?: \w+)? nicht,? wer\b|\bnicht bekannt(?: ist)?,? wer\b|^wer\b|\bjemand(?:em|"
    r"en)?\b"
    r"|\bunbekannte[rnm]? (?:akteure?|gruppen?|personen?)[ns]?(?= (?:steckt|steht|hat|haben|stehen)|[ ,.;]*$)"
    r"|\b(?:weten|weet)(?: \w+)? niet (?:\w+ )?wie\b|\bniet bekend wie\b|^wie (?:er|hier)?achter\b|"
    r"^wie heeft\b|\biemand\b"
    r"|\bonbekende actor(?:en)?(?= (?:is|zit|zijn|heeft)|[ ,.;]*$)"
)
# Words that put a name beside the mails without saying that it wrote them.
ALIKE = _any(
    r"consistent with|resembles?|resemble|similar to|follows? what was published|published (?:of|about|on)|"
    r"reports? (?:on|about)",
    r"(?:says?|said|denies|denied|rejects?|rejected|answers?|answered|refuses?|declines?|"
    r"declined)(?! that (?:it|they) (?:sent|did))",
    r"compatibles? avec|ressembl\w+ (?:a|au|aux)|(?:publie\w*) (?:sur|a propos|au sujet)|"
    r"correspond\w* a ce qui",
    r"(?:dit|disent|nie|nient|dement|dementent|rejette|rejettent|repond|repondent|refuse|refusent)",
    r"vereinbar mit|(?:a|ae)hnel\w*|(?:a|ae)hnlich\w*|gleich(?:en|t) dem|ver(?:o|oe)ffentlicht|"
    r"entspr(?:echen|icht) dem",
    r"(?:sagt|sagen|bestreitet|bestreiten|weist|weisen|antwortet|antworten|lehnt)",
    r"verenigbaar met|lijk(?:t|en) op|vergelijkbaar met|gepubliceerd\w*|komen? overeen met|passen bij wat",
    r"(?:zegt|zeggen|ontkent|ontkennen|verwerpt|verwerpen|antwoordt|antwoorden|weigert)",
)

# What nobody may be said to have done without a likelihood, even in their own words.
DEED = _any(
    r"sent|wrote|did|mailed|envoye(?:e|s|es)?|ecrite?s?|geschickt|gesandt|gesendet|verschickt|geschrieben|gestuurd|"
    r"verstuurd|geschreven"
)

NEGATORS = frozenset((
    "not", "no", "never", "nobody", "none", "neither", "nor", "cannot", "nothing", "unable", "hardly", "without",
    "pas", "aucun", "aucune", "jamais", "rien", "personne", "ni", "sans", "nul", "nulle", "nicht", "kein", "keine",
    "keinen", "keinem", "keiner", "keinerlei", "nie", "niemals", "niemand", "nichts", "weder", "ohne", "niet",
    "geen", "nooit", "niets", "noch", "zonder",
))  # fmt: skip
# After a negator these turn it into the contrary; before a word likewise.
ONLY = frozenset((
    "only", "just", "merely", "simply", "solely", "surprisingly", "coincidentally", "accidentally", "but", "nur",
    "bloss", "lediglich", "alleen", "slechts", "enkel", "seulement", "uniquement", "simplement", "surprenant",
    "ueberraschend", "uberraschend", "toevallig", "verrassend", "less", "weniger", "minder", "moins",
))  # fmt: skip
MORE = frozenset((
    "more", "mehr", "meer", "plus", "clearer", "so", "aussi", "zo", "than", "else", "other", "anders", "autre",
    "anderes",
))  # fmt: skip
IF = frozenset((
    "if", "wenn", "falls", "zo", "si", "indien", "als",
))  # fmt: skip

# Words of the house that are never said, whatever is signed.
FORBIDDEN = _any(
    r"safe(?:ly|st|r)?|clean(?:ed)?|hack(?:s|ed|er|ers|ing)?|infect(?:ed|s|ion|ions)?|compromised?|victims?|"
    r"spied|spying|urgent(?:ly)?|urgency",
    r"you(?: have| had|'ve)? opened|your location",
    r"en securite|sain et sauf|pirat(?:e|es|ee|ees|age|ages|er|ent)|hacke(?:e|s|es|r|rs)?|infecte(?:e|s|"
    r"es)?|compromis(?:e|es)?|victimes?",
    r"espionn(?:e|es|ee|ees|er|ent|age)|urgent(?:e|s|es)?|urgence|urgemment|vous avez ouvert|"
    r"votre (?:position|localisation)",
    r"sicher(?:e|en|er|es|em)?|sauber(?:e|en|er|es|em)?|gehackt\w*|hacker\w*|infiziert\w*|verseucht\w*|"
    r"kompromittiert\w*|opfer[ns]?",
    r"ausspioniert\w*|ausgesp(?:a|ae)ht\w*|bespitzelt\w*|spioniert\w*|dringend\w*|eilig\w*|"
    r"sie haben (?:\w+ ){0,3}ge(?:o|oe)ffnet|ihr(?:en)? standort",
    r"veilig(?:e|er)?|schoon|schone|gehackte?|ge(?:i|e)?nfecteerde?|besmette?|gecompromitteerde?|slachtoffers?",
    r"bespioneerde?|bespied|dringende?|(?:u|je) (?:hebt|heeft|heb) (?:\w+ ){0,3}geopend|(?:uw|je|"
    r"jouw) (?:locatie|verblijfplaats)",
)

# States and what stands for them; `states` of the caller adds the names of countries.
_DEMONYM = (
    r"(?:chin(?:ese|ois|oise|oises|esische\w*|ezen|ese)|chinesen?|russ(?:ian|ians|e|es|ische\w*|isch|en)|"
    r"russische?|iran(?:ian|ians|ien|iens|ienne|"
    r"iennes|ische\w*|isch|er)|(?:north|south) korean?s?|nord[- ]?coreen(?:ne|s|nes)?|nordkoreanisch\w*|"
    r"noord-?koreaanse?|"
    r"belaruss?ian|belarusse?s?|belarussisch\w*|belarusische\w*|wit-?russische?|turk(?:ish|s)|turcs?|"
    r"turques?|turkisch\w*|tuerkisch\w*|turkse|"
    r"indian|indiens?|indiennes?|indisch\w*|pakistan(?:i|is|ais|aises?|isch\w*|ische)|pakistaanse|"
    r"vietnam(?:ese|iens?|iennes?|esisch\w*)|"
    r"vietnamese|israeli(?:s|en|ens|enne|ennes|sch\w*)?|israelisch\w*|israelische|american|americains?|"
    r"americaines?|amerikanisch\w*|"
    r"amerikaanse|saudi|saoudiens?|saoudiennes?|saudisch\w*|saoedische|emirati\w*|syrian|syriens?|"
    r"syriennes?|syrisch\w*|syrische|"
    r"ukrainian|ukrainiens?|ukrainiennes?|ukrainisch\w*|oekraiense|european|british|french|german|polish|"
    r"hungarian)"
)
AGENT = (
    r"(?:hackers?|actors?|groups?|gangs?|spies|spy|agents?|intelligence|(?:secret |security )?services?|"
    r"military|army|regime|operators?|operatives?|"
    r"attackers?|attacks?|campaigns?|operations?|cyber\w*|state|government|authorities|apt|unit|"
    r"acteurs?|groupes?|espions?|services secrets|armee|attaques?|operation|campagnes?|etat|"
    r"akteur\w*|gruppen?|geheimdienst\w*|nachrichtendienst\w*|dienste?|milit(?:a|ae)r|angreifer\w*|"
    r"angriffe?|kampagnen?|regierung|staat\w*|"
    r"groep|groepen|spionnen|inlichtingendienst\w*|diensten?|leger|aanvallers?|aanval\w*|overheid|regering|"
    r"staats\w*)"
)
STATE_AGENT = _any(
    rf"{_DEMONYM} (?:[\w'-]+ ){{0,2}}{AGENT}",
    rf"{AGENT} (?:[\w'-]+ ){{0,1}}{_DEMONYM}",
    r"(?:state|nation|government)[- ]?(?:sponsored|backed|linked|aligned|affiliated|run|directed|controlled)",
    r"nation[- ]?states?|state actors?|state hackers?|(?:foreign|hostile|enemy|rogue) (?:power|state|"
    r"nation|government|intelligence|service)s?|"
    r"by (?:a|some) (?:state|government|nation)|(?:un etat|ein staat|een staat) (?:\w+ ){0,2}(?:est|a|"
    r"steckt|steht|hat|zit|heeft)",
    r"(?:acteurs?|groupes?|services?) etatiques?|etatiques?|(?:parraine|soutenu|commandite)\w* par (?:un|"
    r"l')\s?etat|puissance etrangere|pour un etat",
    r"(?:parraine|soutenu|commandite)\w* par (?:un |l')etat",
    r"staatlich(?:e[rnms]?|en)? (?:gesteuert\w*|akteur\w*|gruppe\w*|gelenkt\w*|gef(?:o|oe)rdert\w*|"
    r"unterst(?:u|ue)tzt\w*)|staatsnah\w*|staats(?:akteur|hacker)\w*",
    r"fremde[rnms]? (?:macht|staat\w*|geheimdienst\w*)",
    r"statelijke (?:actor|actoren|groep)|staats(?:hackers?|gesteund\w*|gesponsord\w*)|door (?:de|een) staat|"
    r"vreemde mogendheid|buitenlandse mogendheid",
)
METONYMS = (
    "beijing", "peking", "pekin", "moscow", "moscou", "moskau", "moskou", "kremlin", "kreml", "tehran", "teheran",
    "pyongyang", "pjongjang", "minsk", "ankara", "new delhi", "hanoi", "islamabad", "riyadh", "riad", "washington",
    "china", "chine", "russia", "russie", "russland", "rusland", "iran", "north korea", "coree du nord", "nordkorea",
    "noord-korea", "belarus", "wit-rusland", "turkey", "turkiye", "turquie", "turkei", "tuerkei", "turkije",
    "vietnam", "pakistan", "india", "inde", "indien", "israel", "syria", "syrie", "syrien", "united states", "usa",
    "etats-unis", "vereinigte staaten", "verenigde staten", "saudi arabia", "the party", "le parti",
)  # fmt: skip
