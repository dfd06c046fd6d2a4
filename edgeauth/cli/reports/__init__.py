"""Problems and findings in the forms that programs read: JSON, SARIF, GitHub's commands.

Trust: texts of files, names of files and keys come from strangers and go into formats that give
some characters a meaning; each module escapes for its own.
"""
