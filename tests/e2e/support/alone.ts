import { Bank } from './bank'
import { Phone } from './phone'
import { dueHouseholds, type Household } from './records'

/** A bank of its own with one enrolled phone, the manager's, and the households that are due there. */
export async function managersPhone(): Promise<{ bank: Bank; phone: Phone; households: Household[] }> {
  const bank = await Bank.open()
  const phone = new Phone(bank, 'the phone')
  await phone.on()
  await phone.enrol(bank.login('manager'))
  return { bank, phone, households: await dueHouseholds(bank, bank.login('manager').login) }
}
