"""A world that knows the truth: the real program against the simulated exchange, with time and network
driven.

One seed makes one world. The manager, the recorder and the monitor's model run as they are, in one process
with the exchange, on a loop whose time passes only when nobody has anything to do (`driven`), over sockets
that are late, torn, slow, refused or silent as the seed has it (`network`). What befalls them is drawn step
by step (`fate`). The exchange keeps an account of every packet: when it was made, whether it was news or an
answer, and over which wire it went (`account`). During each run and after it the account is held against
what is shown, stored and counted (`questions`).

A failing seed is in the name of the failing test, and repeats exactly. Add it to `FAILED_ONCE` in
`test_world`, where it stays.

To add a fault, write a method of `Fate` and name it, with its weight, in `Fate.WHAT`; it draws from
`self.rng` alone. What befalls the recorder alone is in `RecorderFate`, which has dice of its own: it is
killed, ended, begun beside another and held up by its disk (`recording`), and what its files and gap logs say
is held against what was wanted and sent (`holes`). To add a question, write a function that takes a `World`
and asserts, and name it in `questions.DURING` (asked every few seconds) or `questions.AFTER` (asked at the
end, when all faults are lifted and the market has moved for a while).
"""
