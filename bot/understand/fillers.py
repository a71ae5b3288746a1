"""Words that people put around an answer and that change nothing about it."""

from __future__ import annotations

from bot.understand.plain import words

FILLERS = words(
    """a about am an and around approximately approx be boss bro brother but chale charley dear ei exactly fine for give good
    got hello hey hi i id ill im is it its just kindly lets like madam maam massa me mine my oh only ooo our paa pick
    please pls plz roughly say says sir sis sister so take thank thanks that thats the them then there they think this
    to u um ur us want was we well will with would you your mepa mepaakyew abeg daa o oo choose select option number
    answer almost bɛyɛ beye"""
)
#: The same, where no yes or no can be meant.
ASIDES = FILLERS | words("yes yeah yh ok okay alright")
