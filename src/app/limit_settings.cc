#include "limit_settings.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "gatehouse/config/units.h"

namespace gatehouse::app {
namespace {

using limits::Counted;
using limits::Selected;

constexpr std::size_t most_rules = 64, longest_rule_name = 40;
constexpr std::string_view each = "*";

std::optional<std::string> rate_or_nothing_fault(std::string_view text) {
  if (text.empty() || config::parse_rate(text)) return std::nullopt;
  return "'" + std::string(text.substr(0, 32)) + "' is no rate: a count and a time, such as \"60/60s\" or \"1000/1d\", or nothing";
}

// It stands in fields of answers and in metrics.
std::optional<std::string> rule_name_fault(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
  if (plain && text.size() <= longest_rule_name) return std::nullopt;
  return "a name has at most 40 letters, digits, dots, hyphens and underscores";
}

std::optional<std::string> percent_fault(std::string_view text) {
  unsigned percent = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (bad == std::errc() && end == text.data() + text.size() && percent >= 1 && percent <= 100) return std::nullopt;
  return "'" + std::string(text.substr(0, 32)) + "' is no percentage from 1 to 100";
}

std::optional<std::string> role_selection_fault(std::string_view text) {
  if (text != each) return std::nullopt;
  return "a role is named; user = \"*\" beside it counts each who has it for himself";
}

config::Schema<LimitRuleSettings> rule_keys() {
  using S = LimitRuleSettings;
  config::Schema<S> keys;
  keys.text("name", &S::name, "What callers and metrics know it by; unset, rule-1, rule-2 …").checked(rule_name_fault);
  keys.text("tenant", &S::tenant, "The tenant that it is for; \"*\" counts each tenant for itself.");
  keys.text("role", &S::role, "The role that it is for.").checked(role_selection_fault);
  keys.text("user", &S::user, "The user that it is for, by id; \"*\" counts each for itself.");
  keys.text("key", &S::key, "The API key that it is for, by id; \"*\" counts each for itself.");
  keys.text("model", &S::model, "The model that it is for; \"*\" counts each for itself.");
  keys.text("route", &S::route, "The path that it is for, such as \"/v1/chat/completions\"; \"*\" counts each for itself.");
  keys.text("rate", &S::rate, "Calls in any such time, such as \"100/60s\".").checked(rate_or_nothing_fault);
  keys.integer("burst", &S::burst, {0, 1'000'000},
               "With one, the rate is a bucket of so many calls that fills at the rate, instead of a sliding window.");
  keys.integer("tokens_per_minute", &S::tokens_per_minute, {0, 4'000'000'000}, "Tokens of prompts and answers in any 60 s.");
  keys.integer("concurrency", &S::concurrency, {0, 1'000'000}, "Calls at once.");
  return keys;
}

limits::Limit window_of(const config::Rate& rate) { return limits::SlidingWindow{rate.count, rate.window}; }
std::optional<limits::Limit> window_of(const std::string& text) {
  const std::optional<config::Rate> rate = config::parse_rate(text);
  return rate ? std::optional(window_of(*rate)) : std::nullopt;
}
limits::Limit tokens_a_minute(std::uint32_t tokens) { return limits::SlidingWindow{tokens, seconds(60)}; }

limits::Rule built_in(const char* name, const char* origin, limits::Limit limit) {
  limits::Rule rule;
  rule.name = name;
  rule.origin = origin;
  rule.limit = limit;
  rule.each_credential = true;
  return rule;
}

void add_built_in(std::vector<limits::Rule>& rules, const RequestLimitSettings& settings) {
  if (const auto rate = window_of(settings.user_generation)) {
    rules.push_back(built_in("user", "limits.user_generation", *rate));
    rules.back().for_whom = limits::ForWhom::who_has_none;
    rules.back().tokens_alone = true;
  }
  if (const auto rate = window_of(settings.key_generation)) {
    rules.push_back(built_in("key", "limits.key_generation", *rate));
    rules.back().for_whom = limits::ForWhom::who_has_a_key;
    rules.back().tokens_alone = true;
  }
  if (settings.tokens_per_minute > 0) {
    rules.push_back(built_in("tokens", "limits.tokens_per_minute", tokens_a_minute(settings.tokens_per_minute)));
    rules.back().counted = Counted::tokens;
  }
  if (settings.concurrency > 0) {
    rules.push_back(built_in("concurrency", "limits.concurrency", limits::Concurrency{settings.concurrency}));
  }
}

// A rule of the configuration is up to three limits for the same calls.
class RuleParts {
 public:
  RuleParts(const LimitRuleSettings& said, std::size_t number) : said_(said) {
    name_ = said.name.empty() ? "rule-" + std::to_string(number) : said.name;
    origin_ = "limits.rules " + name_;
  }
  void add_to(std::vector<limits::Rule>& rules) const {
    if (const auto rate = config::parse_rate(said_.rate)) {
      rules.push_back(made("", said_.burst > 0 ? limits::Limit(limits::Gcra{rate->count, rate->window, said_.burst}) : window_of(*rate)));
    }
    if (said_.tokens_per_minute > 0) {
      rules.push_back(made("-tokens", tokens_a_minute(said_.tokens_per_minute)));
      rules.back().counted = Counted::tokens;
    }
    if (said_.concurrency > 0) rules.push_back(made("-concurrency", limits::Concurrency{said_.concurrency}));
  }

 private:
  limits::Rule made(const char* behind, limits::Limit limit) const {
    limits::Rule rule;
    rule.name = name_ + behind;
    rule.origin = origin_;
    rule.limit = limit;
    const auto select = [&rule](Selected what, const std::string& text) {
      if (!text.empty()) rule.only[static_cast<std::size_t>(what)] = text;
    };
    select(Selected::tenant, said_.tenant);
    select(Selected::role, said_.role);
    select(Selected::user, said_.user);
    select(Selected::key, said_.key);
    select(Selected::model, said_.model);
    select(Selected::route, said_.route);
    return rule;
  }
  const LimitRuleSettings& said_;
  std::string name_, origin_;
};

}  // namespace

config::Schema<RequestLimitSettings> request_limit_keys() {
  using S = RequestLimitSettings;
  config::Schema<S> keys;
  keys.choice<LimitMode>("mode", &S::mode, {{"on", LimitMode::on}, {"off", LimitMode::off}},
                         "Whether requests are limited at all; off is for loopback alone.");
  keys.text("address", &S::address,
            "Requests without a valid credential, logins and refused credentials among them, from one address (of IPv6: one network of 64 "
            "bits); above it 429. Empty is any number, as everywhere here.")
      .checked(rate_or_nothing_fault);
  keys.choice<AddressCounts>("address_counts", &S::address_counts, {{"anonymous", AddressCounts::anonymous}, {"all", AddressCounts::all}},
                             "Whether limits.address counts those requests alone, or all.");
  keys.text("user_generation", &S::user_generation, "Calls of language models with a token, each user.").checked(rate_or_nothing_fault);
  keys.text("key_generation", &S::key_generation, "Calls of language models with an API key, each key.").checked(rate_or_nothing_fault);
  keys.integer("tokens_per_minute", &S::tokens_per_minute, {0, 4'000'000'000},
               "Tokens of prompts and answers in any 60 s, each key or user: reserved before, settled to what was made. 0 is any number.");
  keys.integer("concurrency", &S::concurrency, {0, 1'000'000}, "Calls of models at once, each key or user; 0 is any number.");
  keys.integer("daily_quota", &S::daily_quota, {0, 1'000'000'000}, "Calls a day of tenants that are made without a number of their own.");
  keys.choice<QuotaStatus>("quota_status", &S::quota_status,
                           {{"429", QuotaStatus::too_many_requests}, {"402", QuotaStatus::payment_required}},
                           "The status of a refusal because a day's quota or a budget is used up; rates stay 429.");
  keys.texts("budget_alerts", &S::budget_alerts, "Percentages of a budget at which the log warns, once a period.").checked(percent_fault);
  keys.tables(
      "rules", &S::rules, rule_keys(),
      "Limits for some calls of models. What a rule names it counts together, \"*\" counts each one for itself, and what it does not "
      "name does not matter.");
  return keys;
}

void check_limit_rules(const std::vector<LimitRuleSettings>& rules, const config::KeySpec& key, const config::Rows& rows,
                       std::vector<config::Fault>& faults) {
  const auto fault = [&](std::size_t row, const std::string& what) {
    faults.emplace_back(rows[row].place, key.name, key.name + ": " + what);
  };
  std::set<std::string> names;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const LimitRuleSettings& rule = rules[i];
    if (rule.rate.empty() && rule.tokens_per_minute == 0 && rule.concurrency == 0) {
      fault(i, "limits nothing: say rate, tokens_per_minute or concurrency");
    }
    if (rule.burst > 0 && rule.rate.empty()) fault(i, "burst is of a rate, and there is none");
    if (!rule.name.empty() && !names.insert(rule.name).second) fault(i, "there are two of the name '" + rule.name + "'");
  }
  if (rules.size() > most_rules) fault(most_rules, "there are more than " + std::to_string(most_rules));
}

gateway::LimitRules limit_rules(const RequestLimitSettings& settings, limits::Prices prices) {
  gateway::LimitRules rules;
  rules.prices = std::move(prices);
  rules.on = settings.mode == LimitMode::on;
  rules.strangers = window_of(settings.address);
  rules.alerts.clear();
  for (const std::string& percent : settings.budget_alerts) {
    std::from_chars(percent.data(), percent.data() + percent.size(), rules.alerts.emplace_back());
  }
  rules.strangers_are_all = settings.address_counts == AddressCounts::all;
  add_built_in(rules.calls, settings);
  for (std::size_t i = 0; i < settings.rules.size(); ++i) RuleParts(settings.rules[i], i + 1).add_to(rules.calls);
  return rules;
}

}  // namespace gatehouse::app
