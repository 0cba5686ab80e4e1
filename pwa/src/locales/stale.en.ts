/** Files of the bank are too old, and a recalculation waits. */
export default {
  waits: 'Files of the bank are too old. Limits are still as they were.',
  source: '{source}: known until {day}, may be {days} day old | {source}: known until {day}, may be {days} days old',
  next: 'Import a newer file of {files}: the next run goes on.',
  or: ' or ',
  none: '{version}, nobody worked out, {customers} results as they were',
  release: 'Everybody is worked out on the old data and written. Ask first why the file has not come; if it can come, import it. Once released, files that end on this day hold no further run.',
}
