"""``dragoman calibrate``: from texts and a model to profiles and a report, in a folder that can be taken up again."""
