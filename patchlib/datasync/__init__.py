"""What services have written to a bucket, read into a snapshot: no role in any account is needed.

keys.py         what a key says of its object
content.py      rows of one object, or the refusal of a layout that is not known
reports.py      rows of reports: patch reports as CSV, findings of Inspector as CSV or JSON
objects.py      where objects lie: a bucket through the reader, or a folder
planning.py     which of them must be read, and what that costs
extraction.py   reading them, page by page, resumable, into cells and a ledger
"""
