"""What a report says of each kind of mistake: a pattern for its first finding with its message."""

NUMBER = r"(?<![\w.]){}(?![\w.])"

CAUSES = {
    "sign": r"\bsign|minus|negat|subtract|opposite|\bplus\b|factor −?-1\b|add|-1",
    "twice": r"twice|doubl|\b2\b|half|halv|½|0\.5|1/2",
    "factor": r"factor|multipl|divid|times|scale|by ",
    "transpose": r"transpos|\.T\b|ᵀ|swap|order",
    "missing": r"leaves out|right only where|miss|lack|lost|add|dropp|forg|without|left out|constant|include|omit|multipl|divid|not applied|subtract|by |uses .+ where",
    "extra": r"extra|too many|should not|remove|drop|superfluous|belong|twice|without|leave out|too much|divid|multipl|subtract|delete|lacks the factor|must not",
    "axis": r"axis|axes|rows|columns",
    "sum for mean": r"mean|sum|average|divid|\bN\b|factor",
    "hard": r"hard|argmax|arg max|most probable|soft",
    "derivative": r"derivative|uses .+ where|1 - |1 − |square|differentiat|slope",
    "activation": r"uses .+ where|appl|sigmoid|softmax|tanh|exp|relu|log",
    "layout": r"transpos|\.T\b|ᵀ|layout|axes",
    "order": r"order|transpos|after|before|swap|\.T|ᵀ",
    "outer": r"outer|diagonal|shape|off-diagonal|product",
    "shape": r"shape|axis|broadcast|layout|dimension",
    "normalise": r"normalis|sum to 1|sums to|add up to 1|divid|\b1\b",
    "old": r"\bold\b|new|updated|current|before the update|previous",
    "N for Nk": r"N_?k|its own|weight of the component|\bNk\b|column sum|sum\(r|r\.sum",
    "biased": r"N ?[-−] ?K|the term 1 is too much|bias|N ?[-−] ?1|N_?k ?[-−] ?1|− 1|- 1|unbiased|degrees",
    "multiplier": r"multiplier|constraint|constrain|normalis|simplex|λ",
    "prior": r"prior|alpha|pseudo|− 1|- 1|concentration",
    "pairs": r"twice|each pair|doubl|pairs|\b2\b",
    "index": r"first element|index|sum over|wrong|instead|other",
    "inverse": r"invers|recipro|inv\b|invert|inv\(|precision|divi",
    "element": r"sum must not|element|diagonal|row|column|entry|\[",
    "jacobian": r"jacobian|change of variables|volume|derivative|\|d|per ",
    "deviation": r"square|standard deviation|variance|root|\bvar|std",
    "wrong": r"",
}
