/** What expressions see as `now`, in a time zone: `weekday` is 1 (Monday) to 7. */
export function nowFacts(nowMs: number, timeZone: string): Record<string, number> {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    day: "numeric",
    month: "numeric",
    year: "numeric",
    hourCycle: "h23",
  }).formatToParts(nowMs);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  const weekday = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(of("weekday")) + 1;
  return {
    weekday,
    hour: Number(of("hour")),
    minute: Number(of("minute")),
    day: Number(of("day")),
    month: Number(of("month")),
    year: Number(of("year")),
  };
}
