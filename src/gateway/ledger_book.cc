#include "gatehouse/gateway/ledger_book.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>

namespace gatehouse::gateway {
namespace {

constexpr std::string_view language_task = "llm";
constexpr limits::Units most_kept = std::numeric_limits<std::int64_t>::max();

std::int64_t as_kept(limits::Units units) { return static_cast<std::int64_t>(std::min(units, most_kept)); }

}  // namespace

// Entries of maps stay where they are until the maps are taken.
void LedgerBook::find(const limits::CallFacts& facts, Line& line) {
  const store::Day day{std::chrono::sys_days(std::chrono::days(facts.day))};
  const std::string_view task = facts.task.empty() ? language_task : std::string_view(facts.task);
  using Key = std::tuple<std::string_view, store::Day, std::string_view, std::string_view>;
  auto used = usage_.find(Key(facts.tenant, day, facts.model, task));
  if (used == usage_.end()) {
    used =
        usage_
            .try_emplace(Used(facts.tenant, day, facts.model, task), TenantId(facts.tenant), day, ModelName(facts.model), std::string(task))
            .first;
  }
  line.row = &used->second;
  line.spent.clear();
  for (const limits::BudgetShare& share : facts.budgets) line.spent.push_back(&spent_[{share.budget, share.period}]);
  line.edition = edition_;
}

void LedgerBook::add(const limits::CallFacts& facts, const limits::CallUse& use) {
  Line line;
  add(facts, use, line);
}

void LedgerBook::add(const limits::CallFacts& facts, const limits::CallUse& use, Line& line) {
  if (line.edition != edition_) find(facts, line);
  if (facts.mark != limits::CallMark()) charged_.push_back(facts.mark);
  store::UsageRow& row = *line.row;
  row.requests += as_kept(use.calls);
  row.prompt_tokens += as_kept(use.prompt);
  row.completion_tokens += as_kept(use.completion);
  row.cached_tokens += as_kept(use.cached);
  row.cost += as_kept(limits::units_of(limits::BudgetCounts::money, facts.price, use));
  for (std::size_t i = 0; i < facts.budgets.size(); ++i) {
    const limits::SpentIn spent = limits::spent_in(facts.budgets[i], facts.price, use);
    *line.spent[i] += as_kept(spent.first);
    if (spent.next > 0) spent_[{facts.budgets[i].budget, facts.budgets[i].next_period}] += as_kept(spent.next);
  }
}

LedgerBook::Taken LedgerBook::take() {
  ++edition_;
  Taken taken;
  taken.charged = std::exchange(charged_, {});
  for (auto& [key, row] : std::exchange(usage_, {})) taken.usage.push_back(std::move(row));
  for (const auto& [of, units] : std::exchange(spent_, {})) {
    if (units > 0) taken.spent.emplace_back(of.first, of.second, units);
  }
  return taken;
}

}  // namespace gatehouse::gateway
