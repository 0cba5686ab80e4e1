/** What somebody says they look at others' data for; the bank keeps it with each look, and takes no shorter one. */
export const SHORTEST_PURPOSE = 4

/** Whether it says enough. */
export const saysWhy = (purpose: string): boolean => purpose.trim().length >= SHORTEST_PURPOSE
