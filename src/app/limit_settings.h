// app/limit_settings.h — [limits]: how much callers may ask, and what of it holds for which of them.
// Threads  value types
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/reading.h"
#include "gatehouse/config/schema.h"
#include "gatehouse/gateway/limit_rules.h"

namespace gatehouse::app {

enum class LimitMode : std::uint8_t { on, off };
enum class QuotaStatus : std::uint8_t { too_many_requests, payment_required };
enum class AddressCounts : std::uint8_t { anonymous, all };

// One [[limits.rules]]. What is empty, or 0, is not said.
struct LimitRuleSettings {
  std::string name, tenant, role, user, key, model, route;
  std::string rate;
  std::uint32_t burst = 0;
  std::uint32_t tokens_per_minute = 0, concurrency = 0;
  friend bool operator==(const LimitRuleSettings&, const LimitRuleSettings&) = default;
};

// Of requests; an empty rate, or 0, is no limit.
struct RequestLimitSettings {
  LimitMode mode = LimitMode::on;
  std::string address = "60/60s";
  AddressCounts address_counts = AddressCounts::anonymous;
  std::string user_generation = "10/60s", key_generation = "100/60s";
  std::uint32_t tokens_per_minute = 0, concurrency = 0;
  std::uint32_t daily_quota = 1000;
  QuotaStatus quota_status = QuotaStatus::too_many_requests;
  config::Texts budget_alerts{"80", "100"};  // percent
  std::vector<LimitRuleSettings> rules;
};

config::Schema<RequestLimitSettings> request_limit_keys();

// What no key can know alone. key and rows: of [[limits.rules]].
void check_limit_rules(const std::vector<LimitRuleSettings>& rules, const config::KeySpec& key, const config::Rows& rows,
                       std::vector<config::Fault>& faults);

// Of settings that are known to be right.
gateway::LimitRules limit_rules(const RequestLimitSettings& settings, limits::Prices prices);

}  // namespace gatehouse::app
