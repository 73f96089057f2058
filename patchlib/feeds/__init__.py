"""The feed door: facts from outside AWS, from their publishers or a mirror, into the store.

    place (folder | address) -> file -> reader -> Facts -> rows of the store, replaced whole or left as they are

`catalogue` names the feeds, `places` gets their files, a module per format reads them, `update` takes them in.
"""
