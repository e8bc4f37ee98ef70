#include "gatehouse/store/records.h"

#include <algorithm>
#include <charconv>

namespace gatehouse::store {
namespace {

constexpr std::array<std::pair<RevocationKind, std::string_view>, 6> kinds{{
    {RevocationKind::token_id, "jti"},
    {RevocationKind::token_sha256, "token_sha256"},
    {RevocationKind::session, "session"},
    {RevocationKind::key, "key"},
    {RevocationKind::user, "user"},
    {RevocationKind::tenant, "tenant"},
}};

constexpr std::array<std::pair<TicketKind, std::string_view>, 2> ticket_kinds{{
    {TicketKind::password_reset, "password_reset"},
    {TicketKind::invitation, "invitation"},
}};

constexpr std::array<std::pair<Signatures, std::string_view>, 2> signature_rules{{
    {Signatures::optional, "optional"},
    {Signatures::required, "required"},
}};

constexpr std::array<std::pair<BudgetUnit, std::string_view>, 2> budget_units{{
    {BudgetUnit::tokens, "tokens"},
    {BudgetUnit::money, "money"},
}};

constexpr std::array<std::pair<BudgetPeriod, std::string_view>, 3> budget_periods{{
    {BudgetPeriod::day, "day"},
    {BudgetPeriod::month, "month"},
    {BudgetPeriod::total, "total"},
}};

constexpr std::array<std::pair<CallState, std::string_view>, 4> call_states{{
    {CallState::in_flight, "in_flight"},
    {CallState::answered, "answered"},
    {CallState::unkept, "unkept"},
    {CallState::broken_off, "broken_off"},
}};

std::string digits(unsigned number, std::size_t width) {
  const std::string text = std::to_string(number);
  return std::string(width - std::min(width, text.size()), '0') + text;
}

// Digits and nothing else.
std::optional<unsigned> number_of(std::string_view text) {
  unsigned number = 0;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

bool is_built_in(std::string_view role) { return role == role_member || role == role_tenant_admin || role == role_platform_admin; }

std::string_view to_string(RevocationKind kind) {
  return std::ranges::find(kinds, kind, &std::pair<RevocationKind, std::string_view>::first)->second;
}

std::optional<RevocationKind> parse_revocation_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds, name, &std::pair<RevocationKind, std::string_view>::second);
  return found != kinds.end() ? std::optional(found->first) : std::nullopt;
}

std::string_view to_string(TicketKind kind) {
  return std::ranges::find(ticket_kinds, kind, &std::pair<TicketKind, std::string_view>::first)->second;
}

std::optional<TicketKind> parse_ticket_kind(std::string_view name) {
  const auto found = std::ranges::find(ticket_kinds, name, &std::pair<TicketKind, std::string_view>::second);
  return found != ticket_kinds.end() ? std::optional(found->first) : std::nullopt;
}

std::string_view to_string(Signatures signatures) {
  return std::ranges::find(signature_rules, signatures, &std::pair<Signatures, std::string_view>::first)->second;
}

std::optional<Signatures> parse_signatures(std::string_view name) {
  const auto found = std::ranges::find(signature_rules, name, &std::pair<Signatures, std::string_view>::second);
  return found != signature_rules.end() ? std::optional(found->first) : std::nullopt;
}

std::string_view to_string(CallState state) {
  return std::ranges::find(call_states, state, &std::pair<CallState, std::string_view>::first)->second;
}

std::optional<CallState> parse_call_state(std::string_view name) {
  const auto found = std::ranges::find(call_states, name, &std::pair<CallState, std::string_view>::second);
  return found != call_states.end() ? std::optional(found->first) : std::nullopt;
}

std::string to_string(Day day) {
  return digits(static_cast<unsigned>(static_cast<int>(day.year())), 4) + "-" + digits(static_cast<unsigned>(day.month()), 2) + "-" +
         digits(static_cast<unsigned>(day.day()), 2);
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number_of(text.substr(0, 4)), month = number_of(text.substr(5, 2)), day = number_of(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const Day found{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month), std::chrono::day(*day)};
  return found.ok() && *year > 0 ? std::optional(found) : std::nullopt;
}

std::string_view to_string(BudgetUnit unit) {
  return std::ranges::find(budget_units, unit, &std::pair<BudgetUnit, std::string_view>::first)->second;
}

std::optional<BudgetUnit> parse_budget_unit(std::string_view name) {
  const auto found = std::ranges::find(budget_units, name, &std::pair<BudgetUnit, std::string_view>::second);
  return found != budget_units.end() ? std::optional(found->first) : std::nullopt;
}

std::string_view to_string(BudgetPeriod period) {
  return std::ranges::find(budget_periods, period, &std::pair<BudgetPeriod, std::string_view>::first)->second;
}

std::optional<BudgetPeriod> parse_budget_period(std::string_view name) {
  const auto found = std::ranges::find(budget_periods, name, &std::pair<BudgetPeriod, std::string_view>::second);
  return found != budget_periods.end() ? std::optional(found->first) : std::nullopt;
}

}  // namespace gatehouse::store
