#include "governor.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/telemetry/log.h"
#include "limit_words.h"

namespace gatehouse::gateway {
namespace {

namespace log = telemetry::log;
using limits::Units;

// Numbers of limits: rules from 0, then these, then budgets by their own.
constexpr std::uint32_t strangers_number = 0x7ffffffe, quota_number = 0x7fffffff, budgets_from = 0x80000000;

Units units_of(std::int64_t kept) { return static_cast<Units>(std::max<std::int64_t>(kept, 0)); }

limits::LimitKey key_of_budget(std::uint32_t number) { return {budgets_from | number, {}}; }
limits::LimitKey key_of_quota(std::uint32_t tenant) { return {quota_number, {tenant, 0}}; }

// Of IPv6 the network: a client has as many addresses there as it likes.
limits::Subject subject_of_address(std::string_view text) {
  const std::optional<net::IpAddress> address = net::parse_address(text);
  limits::Subject subject;
  if (!address) return subject;
  const std::size_t first = address->is_v4() ? 8 : 0;
  for (std::size_t i = 0; i < 8; ++i) subject.low = subject.low << 8U | address->bytes[first + i];
  subject.high = address->is_v4() ? 4 : 6;
  return subject;
}

limits::Asked asked_of(const Identified& identified, const ServedModel& model) {
  using limits::Selected;
  const identity::Principal& who = identified.principal();
  const Route& route = identified.received().route();
  limits::Asked asked;
  asked.name(Selected::tenant) = who.tenant.value();
  asked.name(Selected::role) = who.role;
  asked.name(Selected::user) = who.subject;
  if (who.key) asked.name(Selected::key) = who.key->value();
  asked.name(Selected::model) = model.name;
  asked.name(Selected::route) = route.path;
  asked.tenant = who.tenant_number;
  asked.key = who.key_prefix;
  asked.model = model.number;
  asked.route = static_cast<std::uint32_t>(route.action);
  asked.user = {who.mark.high, who.mark.low};
  return asked;
}

// Days since 1970 where the clocks of the zone are.
std::int32_t day_in(const limits::Zone& zone, WallTime now) {
  const std::int64_t at = unix_seconds(now);
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(seconds(at + zone.stretch_at(at).offset)).count());
}

bool is_for(const store::Budget& budget, const identity::Principal& who) {
  if (budget.key) return who.key == budget.key;
  if (budget.user) return who.token.issuer.empty() && who.subject == budget.user->value();
  return true;
}

limits::Period period_of(store::BudgetPeriod period) {
  switch (period) {
    case store::BudgetPeriod::day:
      return limits::Period::day;
    case store::BudgetPeriod::month:
      return limits::Period::month;
    case store::BudgetPeriod::total:
      break;
  }
  return limits::Period::total;
}

// As it is kept: what never ends began at 0.
std::int64_t beginning_of(const limits::Stretch& when, limits::Period period) { return period == limits::Period::total ? 0 : when.begins; }

limits::Charge spent_already(const limits::LimitKey& key, const limits::Limit& limit, std::int64_t units) {
  limits::Charge charge;
  charge.key = key;
  charge.rule = &limit;
  charge.volume = units_of(units);
  return charge;
}

LimitMeters meters_named(telemetry::Metrics& metrics, const std::string& limit) {
  const auto counter = [&](const char* decision) {
    return &metrics.counter("gatehouse_limit_decisions_total", "What limits said to requests", {{"limit", limit}, {"decision", decision}});
  };
  return {counter("admit"), counter("refuse")};
}

std::vector<LimitMeters> meters_of(const LimitRules& rules, telemetry::Metrics& metrics) {
  std::vector<LimitMeters> meters;
  for (const limits::Rule& rule : rules.calls) meters.push_back(meters_named(metrics, rule.name));
  return meters;
}

}  // namespace

std::vector<std::string> list_of(const LimitRules& rules) {
  std::vector<std::string> lines;
  if (!rules.on) return lines;
  if (rules.strangers) {
    lines.push_back("limits.address: " + limits::in_words(*rules.strangers, limits::Counted::calls) + ", each address, " +
                    (rules.strangers_are_all ? "whoever asks" : "without a valid credential"));
  }
  for (const limits::Rule& rule : rules.calls) lines.push_back(rule.origin + ": " + limits::describe(rule));
  return lines;
}

Governor::Governor(GovernorParts parts)
    : clock_(parts.clock),
      authenticators_(parts.authenticators),
      rules_(std::move(parts.rules)),
      rule_meters_(meters_of(rules_, parts.metrics)),
      stranger_meters_(meters_named(parts.metrics, "address")),
      quota_meters_(meters_named(parts.metrics, "daily-quota")),
      budget_meters_(meters_named(parts.metrics, "budget")),
      table_({}, parts.random),
      alerts_(rules_.alerts),
      books_(parts.reactors) {
  for (std::size_t i = 0; i < books_.size(); ++i)
    desks_.push_back(TabDesk{table_, alerts_, parts.journal.part(i), books_[i], outstanding_, clock_});
  parts.metrics.watch(telemetry::Metrics::Kind::gauge, "gatehouse_reservations_outstanding",
                      "Calls that hold something of a limit or budget",
                      std::function<double()>([this] { return static_cast<double>(outstanding_.load(std::memory_order_relaxed)); }));
}

Governor::~Governor() = default;

const limits::Zone* Governor::zone(const std::string& name) const {
  if (name == "UTC") return &limits::Zone::utc();
  const std::lock_guard held(zones_mutex_);
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second ? found->second.get() : &limits::Zone::utc();
  Result<limits::Zone> opened = limits::Zone::open(name);
  if (!opened)
    log::warn("limits", "days are those of UTC, because the tenant's time zone cannot be read", {{"error", opened.error().describe()}});
  auto& kept = zones_[name];
  if (opened) kept = std::make_unique<const limits::Zone>(std::move(*opened));
  return kept ? kept.get() : &limits::Zone::utc();
}

limits::Allowance Governor::allowance_of(const store::Budget& budget, const limits::Zone* zone) const {
  limits::Allowance allowance;
  allowance.amount = units_of(budget.amount);
  allowance.period = period_of(budget.period);
  allowance.zone = zone;
  return allowance;
}

// Rows of usage are by the day of the tenant, and so is its quota.
void Governor::remember(const SpentBefore& before, const identity::Directory& directory) {
  const limits::Moment now{clock_.now(), clock_.wall()};
  for (const store::UsageRow& row : before.usage) {
    const identity::TenantEntry* tenant = directory.tenant(row.tenant);
    if (tenant == nullptr) continue;
    const limits::Zone* where = zone(tenant->record.time_zone);
    if (std::chrono::sys_days(row.day).time_since_epoch().count() != day_in(*where, now.wall)) continue;
    const limits::Limit quota = limits::Allowance{units_of(tenant->record.quota_per_day), limits::Period::day, where};
    table_.count(spent_already(key_of_quota(tenant->record.number), quota, row.requests), now);
  }
  for (const store::Budget& budget : before.budgets) {
    const identity::TenantEntry* tenant = directory.tenant(budget.tenant);
    if (tenant == nullptr) continue;
    const limits::Allowance allowance = allowance_of(budget, zone(tenant->record.time_zone));
    const limits::Stretch when = limits::period_at(allowance.period, *allowance.zone, now.wall);
    const limits::Limit limit = allowance;
    for (const store::BudgetSpend& spend : before.spent) {
      if (spend.budget != budget.number || spend.period != beginning_of(when, allowance.period)) continue;
      table_.count(spent_already(key_of_budget(budget.number), limit, spend.units), now);
    }
  }
}

Status Governor::stranger(std::string_view address, std::string* fields) {
  if (!rules_.on || !rules_.strangers) return ok();
  limits::Charge charge;
  charge.key = {strangers_number, subject_of_address(address)};
  charge.rule = &*rules_.strangers;
  const bool admitted = table_.reserve({&charge, 1}, {clock_.now(), clock_.wall()}).has_value();
  (admitted ? stranger_meters_.admitted : stranger_meters_.refused)->add();
  if (admitted) return ok();
  const limits::Told told{"address", charge.rule, {}, charge.decision};
  *fields = limit_lines({&told, 1});
  return over_rate(told, false);
}

void Governor::add_rules(std::vector<TabLine>& lines, const limits::Asked& asked) const {
  for (std::size_t i = 0; i < rules_.calls.size(); ++i) {
    const limits::Rule& rule = rules_.calls[i];
    if (!limits::concerns(rule, asked)) continue;
    TabLine& line = lines.emplace_back();
    line.taking = rule.counted == limits::Counted::tokens ? Taking::tokens_a_minute : Taking::call;
    line.name = rule.name;
    line.rule = &rule.limit;
    line.key = {static_cast<std::uint32_t>(i), limits::subject_of(rule, asked)};
    line.meters = rule_meters_[i];
  }
}

// A tenant, a user and a key have one of each unit and period at most.
void Governor::add_budgets(std::vector<TabLine>& lines, limits::CallFacts& facts, const Budgets& of, const identity::Principal& who) const {
  const WallTime now = clock_.wall();
  for (const store::Budget& budget : *of.list) {
    if (!is_for(budget, who)) continue;
    GH_ASSERT(facts.budgets.size() < limits::most_budgets);
    const bool money = budget.unit == store::BudgetUnit::money;
    const limits::Allowance allowance = allowance_of(budget, of.zone);
    const limits::Stretch when = limits::period_at(allowance.period, *of.zone, now);
    TabLine& line = lines.emplace_back();
    line.taking = Taking::budget;
    line.name = money ? "money" : "tokens";
    line.own_limit = allowance;
    line.key = key_of_budget(budget.number);
    line.meters = budget_meters_;
    line.per_prompt_token = money ? facts.price.prompt : 1;
    line.per_token = money ? facts.price.completion : 1;
    line.per_call = money ? facts.price.call : 0;
    line.budget = facts.budgets.size();
    line.period_ends = when.ends;
    limits::BudgetShare& share = facts.budgets.emplace_back();
    share.budget = budget.number;
    share.counts = money ? limits::BudgetCounts::money : limits::BudgetCounts::tokens;
    share.period = beginning_of(when, allowance.period);
  }
}

Result<Tab> Governor::open(const Identified& identified, const ServedModel& model, std::string* fields) {
  const identity::Principal& who = identified.principal();
  const auto here = static_cast<std::size_t>(identified.received().exchange().reactor().index());
  const identity::Directory& directory = authenticators_[here].directory();
  const identity::TenantEntry* tenant = directory.tenant(who.tenant);
  const limits::Zone* where = zone(tenant != nullptr ? tenant->record.time_zone : "UTC");
  limits::CallFacts facts;
  facts.tenant = who.tenant.value();
  facts.model = model.name;
  facts.day = day_in(*where, clock_.wall());
  const auto price = rules_.prices.find(facts.model);
  if (price != rules_.prices.end()) facts.price = price->second;
  std::vector<TabLine> lines;
  if (rules_.on) {
    lines.reserve(rules_.calls.size() + 4);
    add_rules(lines, asked_of(identified, model));
    if (tenant != nullptr) {
      TabLine& line = lines.emplace_back();
      line.taking = Taking::quota;
      line.name = "daily-quota";
      line.own_limit = limits::Allowance{units_of(tenant->record.quota_per_day), limits::Period::day, where};
      line.key = key_of_quota(who.tenant_number);
      line.meters = quota_meters_;
    }
    if (const identity::BudgetsPtr budgets = directory.budgets(who.tenant)) add_budgets(lines, facts, {budgets.get(), where}, who);
  }
  return Tab::open(desks_[here], std::move(lines), std::move(facts), fields);
}

Status Governor::count_repeat(const Identified& identified, const ServedModel& model, std::string* fields) {
  if (!rules_.on) return ok();
  std::vector<TabLine> lines;
  add_rules(lines, asked_of(identified, model));
  std::erase_if(lines, [](const TabLine& line) { return line.taking != Taking::call; });
  const auto here = static_cast<std::size_t>(identified.received().exchange().reactor().index());
  GH_TRY(const Tab never_measured, Tab::open(desks_[here], std::move(lines), {}, fields));
  *fields = never_measured.fields();
  return ok();
}

BudgetUse Governor::of(const store::Budget& budget, const limits::Zone& zone) const {
  const limits::PeriodCount counted =
      table_.counted(key_of_budget(budget.number), allowance_of(budget, &zone), {clock_.now(), clock_.wall()});
  BudgetUse use;
  use.spent = static_cast<std::int64_t>(counted.spent);
  use.reserved = static_cast<std::int64_t>(counted.reserved);
  return use;
}

}  // namespace gatehouse::gateway
