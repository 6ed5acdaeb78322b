"""Every selector there is, as one type told apart by ``kind``.

A new one is a file in routing/selectors/ and its name here.
"""

from typing import Annotated

from pydantic import Field

from routing.selectors.chops import Chops
from routing.selectors.likelihood import Likelihood
from routing.selectors.mbr import Mbr
from routing.selectors.reward import Reward
from routing.selectors.vote import Vote
from routing.selectors.xmbr import Xmbr

Selector = Annotated[Chops | Likelihood | Mbr | Reward | Vote | Xmbr, Field(discriminator="kind")]
"""What chooses among samples: a frozen value that is awaited with the samples, their generation, an engine and the
context, all by position. There is at least one sample.

It returns a `Ranking` of all samples. Samples that break the contract come last, unless all do; ties go to the
first sample, which is the greedy one. ``needs_logprobs`` says whether the samples must come with log-probabilities,
and ``is_decided(samples, outstanding)`` whether samples that are still drawn can no longer change the outcome; it is
None where each can.
"""
