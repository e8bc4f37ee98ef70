// gateway/admin/usage_route.cc — what tenants have used on a day.
#include <map>
#include <utility>

#include "gatehouse/store/errors.h"
#include "gatehouse/wire/json/writer.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

struct DayOfTenant {
  std::int64_t requests = 0, prompt_tokens = 0, completion_tokens = 0, cost = 0;
};

std::map<TenantId, DayOfTenant> by_tenant(const std::vector<store::UsageRow>& rows) {
  std::map<TenantId, DayOfTenant> days;
  for (const store::UsageRow& row : rows) {
    DayOfTenant& day = days[row.tenant];
    day.requests += row.requests;
    day.prompt_tokens += row.prompt_tokens;
    day.completion_tokens += row.completion_tokens;
    day.cost += row.cost;
  }
  return days;
}

}  // namespace

// Tenants that have used nothing have no row, but for the one who asks for its own.
Task<Result<Reply>> Administration::usage(Reactor& reactor, Question question) const {
  const Result<store::Day> day = read_day(question.query, clock_.wall());
  if (!day) co_return day.error();
  const Result<bool> with_cost = read_truth(question.query, "cost");
  if (!with_cost) co_return with_cost.error();
  store::Reach reach = question.action == Action::usage ? store::Reach::of(question.who->tenant) : store::Reach::everything();
  if (const auto tenant = question.query.find("tenant"); tenant && !reach.tenant())
    reach = store::Reach::of(TenantId(std::string(*tenant)));
  const identity::DirectoryPtr directory = house_.registry().current();
  const std::optional<TenantId> only = reach.tenant();
  if (only && directory->tenant(*only) == nullptr) co_return store::tenant_not_found();
  store::UsageQuery query(std::move(reach), *day, *day);
  const Result<std::vector<store::UsageRow>> rows = co_await house_.registry().store().usage().rows(reactor, std::move(query));
  if (!rows) co_return rows.error();
  std::map<TenantId, DayOfTenant> days = by_tenant(*rows);
  if (only) days.try_emplace(*only);
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().key("data").begin_list();
  for (const auto& [tenant, used] : days) {
    const identity::TenantEntry* entry = directory->tenant(tenant);
    json.begin_object().member("tenant_id", tenant.value()).member("day", store::to_string(*day)).member("requests", used.requests);
    json.member("quota_per_day", entry == nullptr ? 0 : entry->record.quota_per_day);
    json.member("prompt_tokens", used.prompt_tokens).member("completion_tokens", used.completion_tokens);
    if (*with_cost) json.member_raw("cost", money_text(used.cost));
    json.end_object();
  }
  json.end_list().member("has_more", false).end_object();
  co_return Reply(200, std::move(text));
}

}  // namespace gatehouse::gateway
