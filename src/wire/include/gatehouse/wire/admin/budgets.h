// wire/admin/budgets.h — the bodies of /api/admin/budgets.
// Threads  value types, pure functions
// Errors   as wire/json/fields.h
#pragma once
#include <optional>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::wire {

// A number above 0, in digits with a point in front of decimals. JSON's are as exact as doubles are: 15 digits.
struct Decimal {
  std::string text;
};

struct BudgetBody {
  std::optional<Decimal> amount;
};
struct NewBudgetBody {
  std::optional<std::string> tenant_id, user_id, key_id;
  std::string unit;
  Decimal amount;
  std::string period;
};
Result<NewBudgetBody> read_new_budget(const JsonValue& body);
void new_budget_schema(JsonWriter& w);
Result<BudgetBody> read_budget(const JsonValue& body);
void budget_body_schema(JsonWriter& w);

}  // namespace gatehouse::wire
