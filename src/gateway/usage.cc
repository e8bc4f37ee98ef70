#include "gatehouse/gateway/usage.h"

#include <chrono>

namespace gatehouse::gateway {

store::UsageRow& UsageBook::row(const TenantId& tenant, store::Day day, const ModelName& model, const std::string& task) {
  return rows_.try_emplace(Key(tenant.value(), day, model.value(), task), tenant, day, model, task).first->second;
}

void UsageBook::add(const TenantId& tenant, const std::string& model, const Usage& usage, WallTime at) {
  const store::Day day{std::chrono::floor<std::chrono::days>(at)};
  store::UsageRow& into = row(tenant, day, ModelName(model), "llm");
  ++into.requests;
  into.prompt_tokens += usage.prompt_tokens;
  into.completion_tokens += usage.completion_tokens;
  into.cached_tokens += usage.cached_tokens;
}

std::vector<store::UsageRow> UsageBook::take() {
  std::vector<store::UsageRow> taken;
  for (auto& [key, row] : rows_) taken.push_back(std::move(row));
  rows_.clear();
  return taken;
}

void UsageBook::put_back(const std::vector<store::UsageRow>& rows) {
  for (const store::UsageRow& one : rows) {
    store::UsageRow& into = row(one.tenant, one.day, one.model, one.task);
    into.requests += one.requests;
    into.prompt_tokens += one.prompt_tokens;
    into.completion_tokens += one.completion_tokens;
    into.cached_tokens += one.cached_tokens;
  }
}

}  // namespace gatehouse::gateway
