#include "gatehouse/gateway/ledger_book.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t many_calls = 1024;  // of the slots that there are
constexpr std::string_view language_task = "llm";
constexpr limits::Units most_kept = std::numeric_limits<std::int64_t>::max();

std::int64_t as_kept(limits::Units units) { return static_cast<std::int64_t>(std::min(units, most_kept)); }

}  // namespace

void LedgerBook::add(std::uint32_t slot, const limits::CallFacts& facts, const limits::CallUse& use) {
  slots_.push_back(slot);
  if (facts.mark != limits::CallMark()) charged_.push_back(facts.mark);
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
  store::UsageRow& row = used->second;
  ++row.requests;
  row.prompt_tokens += as_kept(use.prompt);
  row.completion_tokens += as_kept(use.completion);
  row.cached_tokens += as_kept(use.cached);
  row.cost += as_kept(limits::units_of(limits::BudgetCounts::money, facts.price, use));
  for (const limits::SpentPart& part : limits::spent_of(facts, use)) spent_[{part.budget, part.period}] += as_kept(part.units);
  if (slots_.size() == many_calls && hurry_) hurry_();
}

LedgerBook::Taken LedgerBook::take() {
  Taken taken;
  taken.slots = std::exchange(slots_, {});
  taken.charged = std::exchange(charged_, {});
  for (auto& [key, row] : std::exchange(usage_, {})) taken.usage.push_back(std::move(row));
  for (const auto& [of, units] : std::exchange(spent_, {})) taken.spent.emplace_back(of.first, of.second, units);
  return taken;
}

}  // namespace gatehouse::gateway
