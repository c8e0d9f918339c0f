"""The text that the demo's model learns to continue, letter by letter."""

from __future__ import annotations

TEXT = """\
the first rule of the lab is to write it down. write down what you wanted to know, what you ran, and what came
of it. write it down before you run the next thing, as the next thing will push the last thing out of your head.
a run that nobody wrote down is a run that somebody will do again.

the second rule is to look at the data. look at ten rows, then look at a hundred rows. look at the longest row
and at the shortest row. most of the time the loss is not wrong and the model is not wrong; the data is wrong.
a label that was moved by one row will hide in a good mean, and it will show in the tenth row that you look at.

the third rule is to change one thing at a time. if you change the rate and the batch and the seed, and the loss
is better, then you know that the loss is better and you know nothing else. change the rate, and run it. change
the batch, and run it. change the seed, and run it, and see how much the seed alone can do.

start small. a small model on a small part of the data will tell you in a minute what a large model on all of
the data will tell you in a day. if the small model can not learn ten rows by heart, then the large model will
not learn the data either. make it learn ten rows. then make it learn a hundred rows. then let it run.

watch the loss in the first minute. a loss that does not move is a rate that is too low, or a row that is never
read. a loss that jumps is a rate that is too high. a loss that falls and then is not a number was too fast for
the numbers that hold it. a loss that falls in the first minute and then falls slowly is the loss that you want.

keep a part of the data away from the model. the model will learn the rows that it sees, and it will learn them
by heart if you let it. only the rows that it never saw can tell you what it knows. when the loss on the rows
that it sees goes down, and the loss on the rows that it never saw goes up, then stop, and keep the last good one.

save the model often. the machine will stop, the disk will be full, and the line to the server will drop, and
all of it will be at night. a model that was saved an hour ago has lost an hour. a model that was never saved
has lost the night. save it, and read back what you saved, as a file that nobody read back is only a hope.

read the log from the end. the last line says what stopped it, and the line before it says where. read the whole
of the message, and read it slowly. most of the time the message says what is wrong, and says it in plain words.
when it does not, make the case small, and then make it smaller, until the thing that is wrong is all there is.

leave the machine as you found it. end what you began, and give back the memory that you took. if you need the
whole of the machine, then say so, and say for how long. the one who waits for you is the one who will be asked
to wait with you the next time.

and when the run is done, tell the story of it. say what you wanted to know, and what you know now. say what did
not work, as that is the part that the others will need the most. then write down the next thing, and go home.
the first rule of the lab is to write it down, and the last rule of the lab is to write it down.
"""
