"""The seeded world: an invented organisation and how it patches, a pure function of its arguments.

Same (seed, nodes, accounts, as_of), same bytes. Every random draw is keyed by the seed, the thing drawn
for and the purpose; none follows from an earlier draw, so a later `as_of` shows the same fleet, aged:
what was installed by then stays as it was, and only later days add to it.

    draws         keyed uniform numbers, vectorised
    calendars     window schedules and their occurrences
    catalogue     patches, from dated tables
    directory     accounts, Regions, who may read what
    baselines     patch baselines, patch groups, approval instants
    windows       maintenance windows, their targets and tasks
    images        machine images and when they were built
    services      applications, placed over accounts, Regions and platforms
    nodes, fleet  nodes and what becomes of them
    delays        how long a patch waits beyond rules and windows
    dynamics      when each patch arrives on each node
    runs          what maintenance windows ran, node by node
    associations  State Manager associations, when they ran, on which nodes
    commands      what Run Command and Automation show of all that, and of people
    observation   what a node's last scan saw
    estate        the whole, assembled
    truth         the world's own facts and exact survival curves
"""
