/**
 * The icons the app uses, as path lists. Drawn by Tabler Icons (MIT), except `today` and the 田 mark, which are ours.
 * Imported one by one as text, so that only these reach the phone.
 */
import alert from '@tabler/icons/outline/alert-triangle.svg?raw'
import back from '@tabler/icons/outline/chevron-left.svg?raw'
import backspace from '@tabler/icons/outline/backspace.svg?raw'
import bell from '@tabler/icons/outline/bell.svg?raw'
import calendar from '@tabler/icons/outline/calendar.svg?raw'
import camera from '@tabler/icons/outline/camera.svg?raw'
import car from '@tabler/icons/outline/car.svg?raw'
import chart from '@tabler/icons/outline/chart-bar.svg?raw'
import check from '@tabler/icons/outline/check.svg?raw'
import close from '@tabler/icons/outline/x.svg?raw'
import clock from '@tabler/icons/outline/clock.svg?raw'
import dots from '@tabler/icons/outline/dots.svg?raw'
import file from '@tabler/icons/outline/file-text.svg?raw'
import filter from '@tabler/icons/outline/filter.svg?raw'
import fingerprint from '@tabler/icons/outline/fingerprint.svg?raw'
import forward from '@tabler/icons/outline/chevron-right.svg?raw'
import home from '@tabler/icons/outline/home.svg?raw'
import inbox from '@tabler/icons/outline/inbox.svg?raw'
import info from '@tabler/icons/outline/info-circle.svg?raw'
import language from '@tabler/icons/outline/language.svg?raw'
import lock from '@tabler/icons/outline/lock.svg?raw'
import logout from '@tabler/icons/outline/logout.svg?raw'
import message from '@tabler/icons/outline/message-circle.svg?raw'
import microphone from '@tabler/icons/outline/microphone.svg?raw'
import map from '@tabler/icons/outline/map.svg?raw'
import minus from '@tabler/icons/outline/minus.svg?raw'
import navigate from '@tabler/icons/outline/navigation.svg?raw'
import offline from '@tabler/icons/outline/cloud-off.svg?raw'
import paperclip from '@tabler/icons/outline/paperclip.svg?raw'
import pause from '@tabler/icons/outline/player-pause.svg?raw'
import pencil from '@tabler/icons/outline/pencil.svg?raw'
import phone from '@tabler/icons/outline/device-mobile.svg?raw'
import pin from '@tabler/icons/outline/map-pin.svg?raw'
import play from '@tabler/icons/outline/player-play.svg?raw'
import plus from '@tabler/icons/outline/plus.svg?raw'
import refresh from '@tabler/icons/outline/refresh.svg?raw'
import returned from '@tabler/icons/outline/arrow-back-up.svg?raw'
import seal from '@tabler/icons/filled/rosette-discount-check.svg?raw'
import search from '@tabler/icons/outline/search.svg?raw'
import shield from '@tabler/icons/outline/shield-check.svg?raw'
import signature from '@tabler/icons/outline/signature.svg?raw'
import stop from '@tabler/icons/outline/player-stop.svg?raw'
import stamp from '@tabler/icons/outline/rubber-stamp.svg?raw'
import target from '@tabler/icons/outline/target-arrow.svg?raw'
import theme from '@tabler/icons/outline/sun-moon.svg?raw'
import trash from '@tabler/icons/outline/trash.svg?raw'
import call from '@tabler/icons/outline/phone.svg?raw'
import user from '@tabler/icons/outline/user.svg?raw'
import userPlus from '@tabler/icons/outline/user-plus.svg?raw'
import walk from '@tabler/icons/outline/walk.svg?raw'

export interface Drawing {
  paths: string[]
  filled: boolean
}

function read(svg: string): Drawing {
  const paths = [...svg.matchAll(/<path d="([^"]+)"/g)].map((m) => m[1] ?? '')
  return { paths, filled: svg.includes('fill="currentColor"') }
}

/** Four cells, the last one ticked off. */
const today: Drawing = {
  filled: false,
  paths: [
    'M4.5 3.5h4a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1 -1.5 1.5h-4a1.5 1.5 0 0 1 -1.5 -1.5v-4a1.5 1.5 0 0 1 1.5 -1.5',
    'M15.500 3.5h4a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1 -1.5 1.5h-4a1.5 1.5 0 0 1 -1.5 -1.5v-4a1.5 1.5 0 0 1 1.5 -1.5',
    'M4.500 14h4a1.5 1.5 0 0 1 1.5 1.5v4a1.5 1.5 0 0 1 -1.5 1.5h-4a1.5 1.5 0 0 1 -1.5 -1.5v-4a1.5 1.5 0 0 1 1.5 -1.5',
    'M14 18l2.500 2.500l5 -5',
  ],
}

const drawn = {
  alert, back, backspace, bell, calendar, call, camera, car, chart, check, clock, close, dots, file, filter, fingerprint, forward, home,
  inbox, info, language, lock, logout, map, message, microphone, minus, navigate, offline, paperclip, pause, pencil, phone, pin, play, plus, refresh, returned, seal,
  search, shield, signature, stamp, stop, target, theme, trash, user, userPlus, walk,
}

export type IconName = keyof typeof drawn | 'today'

export const ICONS: Record<IconName, Drawing> = {
  ...(Object.fromEntries(Object.entries(drawn).map(([name, svg]) => [name, read(svg)])) as Record<keyof typeof drawn, Drawing>),
  today,
}
