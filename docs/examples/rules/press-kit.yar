// Rules for bytes: what a kit leaves behind in a mail or in an attached file.

rule PressKitTemplate
{
    meta:
        title = "The letter was made with a template that was used against people here before."
        source = "Own incident of March 2026: three letters with the same comment in their HTML."
        weight = 3.0
        phishing_weight = 0.5
        indicator = true
    strings:
        $comment = "<!-- desk-letter v2 -->" ascii
        $pixel = /class="dl-[0-9a-f]{8}"/
    condition:
        all of them
}

// Without a weight a rule says nothing by itself, and rules in YAML can build on it:
// observations: {kind: yara, value: HoldsShortcut}
rule HoldsShortcut
{
    strings:
        $header = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
    condition:
        $header at 0
}
