"""The teacher's tools: release an assignment, collect, grade safely, give feedback, export.

Not part of the student's install; the environment is `requirements/classroom.txt`, the guide is
`exercises/README.md`, and ``python -m classroom`` the one command. Imports run one way:
``wire, sandbox, inert, tables <- intake <- reading, record, release <- course, platforms <-
submissions, recheck <- ledger, grade <- gradebook, marks, beside, late, results, similar <-
marking, pages, export``.
"""
