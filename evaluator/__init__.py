"""Are the citations true, was the right passage found, and does the release ship?"""
