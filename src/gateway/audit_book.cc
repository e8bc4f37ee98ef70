#include "gatehouse/gateway/audit_book.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace gatehouse::gateway {

std::int64_t minute_of(WallTime time) { return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count(); }

std::size_t AuditBook::Hash::operator()(const AuditLikeness& like) const {
  constexpr std::size_t spread = 0x9e3779b97f4a7c15ULL;
  const std::hash<std::string_view> text;
  std::size_t hash = std::hash<const void*>()(like.route) ^ static_cast<std::size_t>(like.minute);
  for (const std::string_view part : {like.who, like.address, like.rule}) hash = (hash ^ text(part)) * spread;
  return hash ^ like.tenant_number;
}

bool AuditBook::Equal::same(const AuditLikeness& a, const AuditLikeness& b) const {
  return a.route == b.route && a.minute == b.minute && a.tenant_number == b.tenant_number && a.who == b.who && a.address == b.address &&
         a.tenant == b.tenant && a.outcome == b.outcome && a.rule == b.rule;
}

void AuditBook::add(telemetry::AuditRecord record) {
  records_.push_back(std::move(record));
  if (records_.size() == 1 && wake_) wake_();
}

void AuditBook::add(telemetry::AuditContent content) {
  if (contents_.size() >= most_contents || content_bytes_ + content.text.size() > most_content_bytes) return;
  content_bytes_ += content.text.size();
  contents_.push_back(std::move(content));
}

AuditBook::Alike& AuditBook::begin(Kinds& kinds, const AuditLikeness& like, telemetry::AuditRecord record) {
  // In its place: its views are into itself.
  Alike& kind = kinds.emplace(std::piecewise_construct, std::forward_as_tuple(like), std::forward_as_tuple()).first->second;
  kind.record = std::move(record);
  // Of many, what only one of them had says nothing.
  kind.record.time = telemetry::AuditTime(std::chrono::minutes(like.minute));
  kind.record.request_id.clear();
  kind.record.address = like.address;
  return kind;
}

telemetry::AuditRecord AuditBook::of_nobody(telemetry::AuditRecord record) {
  record.tenant = TenantId();
  record.tenant_number = 0;
  record.user.clear();
  record.key.clear();
  record.address.clear();
  return record;
}

void AuditBook::take_counted(Kinds& kinds, std::int64_t minute, Records& taken) {
  for (auto kind = kinds.begin(); kind != kinds.end();) {
    if (kind->first.view.minute >= minute) {
      ++kind;
      continue;
    }
    kind->second.record.count = kind->second.counted;
    if (kind->second.counted > 0) taken.push_back(std::move(kind->second.record));
    kind = kinds.erase(kind);
  }
}

AuditBook::Records AuditBook::take_counted(std::int64_t minute) {
  Records taken;
  latest_.fill(nullptr);
  for (Kinds* kinds : {&known_, &strangers_}) take_counted(*kinds, minute, taken);
  return taken;
}

void AuditBook::put_back(Records records) {
  std::ranges::move(records_, std::back_inserter(records));
  records_ = std::move(records);
}

}  // namespace gatehouse::gateway
