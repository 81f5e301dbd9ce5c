"""What the notebooks need beside the engines: checks of exercises, and pictures of one lesson.

`checking` is how a check answers; each other module belongs to the notebook of its name.
"""
