/** A name for the phone from its user agent: the model where it is told, else the system; empty if neither. */
export function phoneLabel(agent: string): string {
  const android = /Android [\d.]+; ([^;)]+)/.exec(agent)?.[1]?.replace(/ Build.*/, '').trim()
  // Newer Chromes say "K" in place of the model.
  if (android && android !== 'K') return android.slice(0, 40)
  for (const name of ['iPhone', 'iPad', 'Android', 'Windows', 'Macintosh']) if (agent.includes(name)) return name
  return /Linux/.test(agent) ? 'Linux' : ''
}
