#include "gatehouse/limits/allowance.h"

#include <chrono>
#include <utility>

namespace gatehouse::limits {
namespace {

constexpr std::int64_t day_length = 86400;
using std::chrono::floor;

std::int64_t second_of(WallTime now) { return floor<seconds>(now).time_since_epoch().count(); }
bool within(const Stretch& when, std::int64_t at) { return at >= when.begins && at < when.ends; }

// When the clocks of the zone first show this local time, or go past it.
std::int64_t first_moment(const Zone& zone, std::int64_t local) {
  // No zone is further from UTC than that.
  for (Zone::Stretch stretch = zone.stretch_at(local - 26 * 3600);; stretch = zone.stretch_at(stretch.ends)) {
    const std::int64_t at = std::max(stretch.begins, local - stretch.offset);
    if (at < stretch.ends) return at;
  }
}

std::int64_t midnight_of(std::chrono::sys_days day) { return day.time_since_epoch().count() * day_length; }

// Apart, so that the others, which are nearly all, need no room for what this one does.
[[gnu::noinline]] PeriodCount& count_of_another(const Allowance& rule, AllowanceCount& count, WallTime now, std::int64_t at) {
  const Stretch when = period_at(rule.period, *rule.zone, now);
  if (count.previous.when == when) {
    std::swap(count.current, count.previous);
    return count.current;
  }
  PeriodCount next{when, 0, 0};
  if (at < count.current.when.begins) next.spent = std::max(count.current.taken(), count.previous.taken());
  count.previous = std::exchange(count.current, next);
  return count.current;
}

// The count of the period that the moment belongs to.
PeriodCount& count_at(const Allowance& rule, AllowanceCount& count, WallTime now) {
  const std::int64_t at = second_of(now);
  return within(count.current.when, at) ? count.current : count_of_another(rule, count, now, at);
}

// What still stands against a count when its clock may go back by a day.
bool counts_no_more(const PeriodCount& one, std::int64_t at) {
  return one.reserved == 0 && (one.spent == 0 || at - day_length >= one.when.ends);
}

}  // namespace

Stretch period_at(Period period, const Zone& zone, WallTime now) {
  using std::chrono::days, std::chrono::months, std::chrono::sys_days, std::chrono::sys_seconds, std::chrono::year_month_day;
  if (period == Period::total) return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  const std::int64_t at = second_of(now);
  const sys_days today = floor<days>(sys_seconds(seconds(at + zone.stretch_at(at).offset)));
  const year_month_day date(today);
  sys_days first = period == Period::day ? today : sys_days(date.year() / date.month() / 1);
  const auto next_of = [period](sys_days day) {
    if (period == Period::day) return day + days(1);
    const year_month_day of(day);
    return sys_days((of.year() / of.month() / 1) + months(1));
  };
  // Clocks that are put back across midnight show the old day again; it is over all the same.
  for (;; first = next_of(first)) {
    const std::int64_t ends = first_moment(zone, midnight_of(next_of(first)));
    if (ends > at) return {first_moment(zone, midnight_of(first)), ends};
  }
}

Decision look(const Allowance& rule, AllowanceCount& count, Units volume, const Moment& now) {
  const PeriodCount& mine = count_at(rule, count, now.wall);
  const Units room = rest(rule.amount, mine.taken());
  Decision said;
  said.admitted = volume <= room;
  said.remaining = said.admitted ? room - volume : room;
  if (rule.period == Period::total) {
    if (said.remaining < rule.amount) said.reset = mine.spent == 0 && !said.admitted ? Wait::unknown() : Wait::never();
    if (!said.admitted) said.retry = sum(mine.spent, volume) <= rule.amount ? Wait::unknown() : Wait::never();
    return said;
  }
  const std::int64_t second = second_of(now.wall);
  const nanoseconds into = now.wall - WallTime(seconds(second));
  said.reset = Wait::after(seconds(mine.when.ends - second) - into);
  if (!said.admitted) said.retry = volume > rule.amount ? Wait::never() : said.reset;
  return said;
}

Hold spend(const Allowance& rule, AllowanceCount& count, Units volume, Spend how, const Moment& now) {
  PeriodCount& mine = count_at(rule, count, now.wall);
  Units& where = how == Spend::at_once ? mine.spent : mine.reserved;
  where = sum(where, volume);
  return Hold{mine.when.begins, volume};
}

void settle(const Allowance&, AllowanceCount& count, const Hold& hold, Units used, const Moment&) {
  for (PeriodCount* one : {&count.current, &count.previous}) {
    if (one->when.begins != hold.place || one->when == Stretch()) continue;
    one->reserved = rest(one->reserved, hold.amount);
    one->spent = sum(one->spent, used);
    return;
  }
}

PeriodCount counted(const Allowance& rule, AllowanceCount& count, const Moment& now) { return count_at(rule, count, now.wall); }

bool full_again(const Allowance&, AllowanceCount& count, const Moment& now) {
  const std::int64_t at = second_of(now.wall);
  return counts_no_more(count.current, at) && counts_no_more(count.previous, at);
}

std::optional<unsigned> alert_reached(std::span<const unsigned> percents, Units amount, Units taken) {
  __extension__ typedef unsigned __int128 Product;
  std::optional<unsigned> reached;
  for (const unsigned percent : percents) {
    const Product mark = Product{amount} * percent;
    if (Product{taken} * 100 >= mark) reached = std::max(reached.value_or(0), percent);
  }
  return reached;
}

}  // namespace gatehouse::limits
