#include "governor.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "gatehouse/base/assert.h"
#include "gatehouse/net/networks.h"
#include "gatehouse/telemetry/log.h"
#include "limit_lines.h"
#include "limit_words.h"

namespace gatehouse::gateway {
namespace {

namespace log = telemetry::log;
using limits::Units;

// Numbers of limits: rules from 0, then this, then budgets by their own. Strangers have a table of their own, so that no load of theirs
// leaves callers without room.
constexpr std::uint32_t strangers_number = 0, quota_number = 0x7fffffff, budgets_from = 0x80000000;

Units units_of(std::int64_t kept) { return static_cast<Units>(std::max<std::int64_t>(kept, 0)); }

// Rules for each tenant have this subject, too: what is about a tenant is looked at under one lock. Budgets of its users and keys, which
// may be many, stand anywhere.
limits::Subject subject_of_tenant(std::uint32_t tenant) { return {std::uint64_t{tenant} << 32U, 0}; }
limits::LimitKey key_of_quota(std::uint32_t tenant) { return {quota_number, subject_of_tenant(tenant)}; }
limits::LimitKey key_of_budget(const store::Budget& budget, std::uint32_t tenant) {
  const bool of_all = !budget.user && !budget.key;
  return {budgets_from | budget.number, of_all ? subject_of_tenant(tenant) : limits::Subject{0, budget.number}};
}

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
  asked.makes_tokens = model.makes_tokens();
  asked.counts_tokens = model.counts_tokens();
  return asked;
}

bool is_for(const store::Budget& budget, const identity::Principal& who) {
  if (budget.key) return who.key == budget.key;
  if (budget.user) return who.is_our_users() && who.subject == budget.user->value();
  return true;
}

limits::Allowance allowance_of(const store::Budget& budget, const limits::Zone& zone) {
  limits::Allowance allowance;
  allowance.amount = units_of(budget.amount);
  allowance.period = period_of(budget.period);
  allowance.zone = &zone;
  return allowance;
}

BudgetTerms terms_of(store::BudgetUnit unit, const limits::Price& price) {
  BudgetTerms terms;
  const bool money = unit == store::BudgetUnit::money;
  // How much of the prompt is cached is not known before.
  terms.per_prompt_token = money ? std::max(price.prompt, price.cached) : 1;
  terms.per_token = money ? price.completion : 1;
  terms.per_call = money ? price.call : 0;
  return terms;
}

std::vector<limits::Told> told_of(const TabPlan& plan) {
  std::vector<limits::Told> told;
  for (std::size_t i = 0; i < plan.budgets_from; ++i) {
    const PlannedLimit& limit = plan.limits[i];
    told.push_back({limit.name, &limit.limit, limit.taking == Taking::tokens_a_minute ? "tokens" : "", {}});
  }
  return told;
}

// Only when all of them are there do they stay where they are.
void complete(TabPlan& plan) {
  for (std::size_t i = 0; i < plan.limits.size(); ++i) plan.charges[i].rule = &plan.limits[i].limit;
  plan.lines = LimitLines(told_of(plan));
}

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
      table_({.bytes = rules_.bytes_for_callers}, parts.random),
      strangers_({.bytes = rules_.bytes_for_strangers}, parts.random),
      alerts_(rules_.alerts),
      books_(parts.reactors),
      outstanding_(parts.reactors),
      plans_(parts.reactors) {
  for (std::size_t i = 0; i < books_.size(); ++i)
    desks_.push_back(TabDesk{table_, alerts_, parts.journal.part(i), books_[i], outstanding_[i], clock_, authenticators_, i});
  parts.metrics.watch(telemetry::Metrics::Kind::gauge, "gatehouse_reservations_outstanding",
                      "Calls that hold something of a limit or budget", std::function<double()>([this] { return reservations(); }));
}

Governor::~Governor() = default;

double Governor::reservations() const {
  std::int64_t all = 0;
  for (const Outstanding& one : outstanding_) all += one.calls.load(std::memory_order_relaxed);
  return static_cast<double>(all);
}

void Governor::learn_zones(const identity::Directory& directory) {
  for (const std::string& name : directory.time_zones()) {
    const Status learned = zones_.learn(name);
    if (!learned)
      log::warn("limits", "days are those of UTC, because the tenant's time zone cannot be read", {{"error", learned.error().describe()}});
  }
}

// Rows of usage are by the day of the tenant, and so is its quota.
void Governor::remember(const SpentBefore& before, const identity::Directory& directory) {
  learn_zones(directory);
  const limits::Moment now{clock_.now(), clock_.wall()};
  for (const store::UsageRow& row : before.usage) {
    const identity::TenantEntry* tenant = directory.tenant(row.tenant);
    if (tenant == nullptr) continue;
    const limits::Zone& where = zone(tenant->record.time_zone);
    if (std::chrono::sys_days(row.day).time_since_epoch().count() != date_in(where, now.wall)) continue;
    const limits::Limit quota = limits::Allowance{units_of(tenant->record.quota_per_day), limits::Period::day, &where};
    table_.count(spent_already(key_of_quota(tenant->record.number), quota, row.requests), now);
  }
  for (const store::Budget& budget : before.budgets) {
    const identity::TenantEntry* tenant = directory.tenant(budget.tenant);
    if (tenant == nullptr) continue;
    const limits::Allowance allowance = allowance_of(budget, zone(tenant->record.time_zone));
    const limits::Stretch when = limits::period_at(allowance.period, *allowance.zone, now.wall);
    const limits::Limit limit = allowance;
    for (const store::BudgetSpend& spend : before.spent) {
      if (spend.budget != budget.number || spend.period != kept_beginning(when)) continue;
      table_.count(spent_already(key_of_budget(budget, tenant->record.number), limit, spend.units), now);
    }
  }
}

Status Governor::stranger(std::string_view address, std::string* fields) {
  if (!rules_.on || !rules_.strangers) return ok();
  limits::Charge charge;
  charge.key = {strangers_number, subject_of_address(address)};
  charge.rule = &*rules_.strangers;
  const bool admitted = strangers_.reserve({&charge, 1}, {clock_.now(), clock_.wall()}).has_value();
  (admitted ? stranger_meters_.admitted : stranger_meters_.refused)->add();
  if (admitted) return ok();
  const limits::Told told{"address", charge.rule, {}, charge.decision};
  *fields = LimitLines({&told, 1}).as_decided({&charge, 1}, std::nullopt);
  return over_rate(told, false);
}

void Governor::add(TabPlan& plan, PlannedLimit limit, limits::Units least) const {
  limits::Charge charge;
  charge.key = limit.key;
  charge.place = table_.place_of(limit.key);
  charge.volume = least;
  // Whoever is told of a mistake in the request has made it all the same; the day's quota is for calls that were admitted.
  charge.spend = limit.taking == Taking::call ? limits::Spend::unless_given_back : limits::Spend::by_use;
  plan.charges.push_back(charge);
  plan.limits.push_back(std::move(limit));
}

void Governor::add_rules(TabPlan& plan, const limits::Asked& asked, limits::Counted counted) const {
  for (std::size_t i = 0; i < rules_.calls.size(); ++i) {
    const limits::Rule& rule = rules_.calls[i];
    if (rule.counted != counted || !limits::concerns(rule, asked)) continue;
    PlannedLimit limit;
    limit.taking = counted == limits::Counted::tokens ? Taking::tokens_a_minute : Taking::call;
    limit.name = rule.name;
    limit.limit = rule.limit;
    limit.key = {static_cast<std::uint32_t>(i), limits::subject_of(rule, asked)};
    limit.meters = rule_meters_[i];
    add(plan, std::move(limit), 1);
  }
}

// A tenant, a user and a key have one of each unit and period at most. The least that a call takes of one is what each call costs, or a
// first unit: it is refused at once where there is not even that.
void Governor::add_budgets(TabPlan& plan, const std::vector<store::Budget>& budgets, const identity::Principal& who, bool tokens) const {
  for (const store::Budget& budget : budgets) {
    if (!is_for(budget, who) || (!tokens && budget.unit == store::BudgetUnit::tokens)) continue;
    GH_ASSERT(plan.budgets.size() < limits::most_budgets);
    const bool money = budget.unit == store::BudgetUnit::money;
    PlannedLimit limit;
    limit.taking = Taking::budget;
    limit.name = money ? "money" : "tokens";
    limit.limit = allowance_of(budget, *plan.zone);
    limit.key = key_of_budget(budget, who.tenant_number);
    limit.meters = budget_meters_;
    const BudgetTerms terms = terms_of(budget.unit, plan.facts.price);
    add(plan, std::move(limit), std::max<Units>(terms.per_call, 1));
    plan.budgets.push_back(terms);
    limits::BudgetShare& share = plan.facts.budgets.emplace_back();
    share.budget = budget.number;
    share.counts = money ? limits::BudgetCounts::money : limits::BudgetCounts::tokens;
  }
}

TabPlanPtr Governor::make_plan(const Identified& identified, const ServedModel& model, const identity::Directory& directory) const {
  const identity::Principal& who = identified.principal();
  const identity::TenantEntry* tenant = directory.tenant(who.tenant);
  TabPlanPtr plan(std::make_unique<TabPlan>().release());
  plan->directory = directory.version();
  plan->zone = tenant != nullptr ? &zone(tenant->record.time_zone) : &limits::Zone::utc();
  plan->facts.tenant = who.tenant.value();
  plan->facts.model = model.name;
  const auto price = rules_.prices.find(plan->facts.model);
  if (price != rules_.prices.end()) plan->facts.price = price->second;
  if (!model.counts_tokens()) plan->facts.price = limits::Price{0, 0, 0, plan->facts.price.call};
  if (rules_.on) {
    const limits::Asked asked = asked_of(identified, model);
    add_rules(*plan, asked, limits::Counted::calls);
    if (tenant != nullptr) {
      PlannedLimit quota;
      quota.taking = Taking::quota;
      quota.name = "daily-quota";
      quota.limit = limits::Allowance{units_of(tenant->record.quota_per_day), limits::Period::day, plan->zone};
      quota.key = key_of_quota(who.tenant_number);
      quota.meters = quota_meters_;
      add(*plan, std::move(quota), 1);
    }
    plan->tokens_from = plan->limits.size();
    add_rules(*plan, asked, limits::Counted::tokens);
    plan->budgets_from = plan->limits.size();
    if (const identity::BudgetsPtr budgets = directory.budgets(who.tenant)) add_budgets(*plan, *budgets, who, model.counts_tokens());
  }
  complete(*plan);
  return plan;
}

TabPlanPtr Governor::plan_for(const Identified& identified, const ServedModel& model, std::size_t reactor, WallTime now) {
  const identity::Directory& directory = desks_[reactor].directory();
  const identity::Principal& who = identified.principal();
  const PlanFor whose(who, model.number, identified.received().route().action);
  TabPlanPtr plan = plans_[reactor].find(whose, who.role, directory.version());
  if (plan && stands_at(*plan, now)) return plan;
  plan = make_plan(identified, model, directory);
  begin_at(*plan, now);
  plans_[reactor].put(whose, who.role, plan);
  return plan;
}

Result<Tab> Governor::open(const Identified& identified, const ServedModel& model, std::string* fields, bool* counted) {
  const auto here = static_cast<std::size_t>(identified.received().exchange().reactor().index());
  const limits::Moment now{clock_.now(), clock_.wall()};
  return Tab::open(desks_[here], plan_for(identified, model, here, now.wall), now, *fields, counted);
}

Result<Tab> Governor::open(const Identified& identified, const ServedModel& model, std::string* fields, const Measures& known) {
  const auto here = static_cast<std::size_t>(identified.received().exchange().reactor().index());
  const limits::Moment now{clock_.now(), clock_.wall()};
  return Tab::open(desks_[here], plan_for(identified, model, here, now.wall), now, *fields, known);
}

// Rates alone: what is told again costs nothing else, and its tab is never measured.
Status Governor::count_repeat(const Identified& identified, const ServedModel& model, std::string* fields) {
  if (!rules_.on) return ok();
  TabDesk& desk = desks_[static_cast<std::size_t>(identified.received().exchange().reactor().index())];
  TabPlanPtr plan(std::make_unique<TabPlan>().release());
  plan->directory = desk.directory().version();
  plan->zone = &limits::Zone::utc();
  add_rules(*plan, asked_of(identified, model), limits::Counted::calls);
  plan->tokens_from = plan->budgets_from = plan->limits.size();
  complete(*plan);
  const limits::Moment now{clock_.now(), clock_.wall()};
  begin_at(*plan, now.wall);
  GH_TRY(const Tab never_measured, Tab::open(desk, std::move(plan), now, *fields));
  never_measured.tell(*fields);
  return ok();
}

BudgetUse Governor::of(const store::Budget& budget, std::uint32_t tenant, const limits::Zone& zone) const {
  const limits::PeriodCount counted =
      table_.counted(key_of_budget(budget, tenant), allowance_of(budget, zone), {clock_.now(), clock_.wall()});
  BudgetUse use;
  use.spent = static_cast<std::int64_t>(counted.spent);
  use.reserved = static_cast<std::int64_t>(counted.reserved);
  return use;
}

}  // namespace gatehouse::gateway
