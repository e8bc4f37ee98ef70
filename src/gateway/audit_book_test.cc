#include "gatehouse/gateway/audit_book.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "audit_notes.h"
#include "rules.h"

namespace gatehouse::gateway {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t later = 1'000'000'000;

AuditLikeness like(std::string_view who, std::int64_t minute = 7, std::string_view rule = "") {
  AuditLikeness one;
  one.minute = minute;
  one.who = who;
  one.rule = rule;
  return one;
}

telemetry::AuditRecord record(const std::string& key = "k") {
  telemetry::AuditRecord made;
  made.key = key;
  made.request_id = "r";
  return made;
}

TEST(AuditBook, CountsWhatIsAlikeWithinAMinute) {
  AuditBook book;
  for (int i = 0; i < 3; ++i) book.count(like("k-1"), [] { return record("k-1"); });
  book.count(like("k-2"), [] { return record("k-2"); });
  book.count(like("k-1", 8), [] { return record("k-1"); });
  EXPECT_THAT(book.take_records(), IsEmpty());
  EXPECT_THAT(book.take_counted(7), IsEmpty());
  std::set<std::pair<std::string, std::uint64_t>> counted;
  for (const telemetry::AuditRecord& one : book.take_counted(8)) {
    counted.emplace(one.key, one.count);
    EXPECT_EQ(one.time, telemetry::AuditTime(std::chrono::minutes(7)));
    EXPECT_EQ(one.request_id, "") << "there were several";
  }
  EXPECT_EQ(counted, (std::set<std::pair<std::string, std::uint64_t>>{{"k-1", 3}, {"k-2", 1}}));
  EXPECT_THAT(book.take_counted(later), SizeIs(1));
  EXPECT_THAT(book.take_counted(later), IsEmpty());
}

TEST(AuditBook, EveryPartTellsKindsApart) {
  AuditBook book;
  std::vector<AuditLikeness> kinds(9, like("a"));
  const int route = 0;
  kinds[1].route = &route;
  kinds[2].minute = 1;
  kinds[3].tenant_number = 1;
  kinds[4].tenant = "a";
  kinds[5].who = "b";
  kinds[6].address = "a";
  kinds[7].outcome = "a";
  kinds[8].rule = "a";
  for (int twice = 0; twice < 2; ++twice) {
    for (const AuditLikeness& kind : kinds) book.count(kind, [] { return record(); });
  }
  const AuditBook::Records counted = book.take_counted(later);
  EXPECT_THAT(counted, SizeIs(kinds.size()));
  for (const telemetry::AuditRecord& one : counted) EXPECT_EQ(one.count, 2U);
}

TEST(AuditBook, TheFirstRefusalsOfAMinuteHaveARecordEach) {
  AuditBook book;
  for (std::uint64_t i = 0; i < AuditBook::most_refusals + 5; ++i) book.refuse(like("k"), [] { return record(); });
  EXPECT_THAT(book.take_records(), SizeIs(AuditBook::most_refusals));
  const AuditBook::Records counted = book.take_counted(later);
  ASSERT_THAT(counted, SizeIs(1));
  EXPECT_EQ(counted.front().count, 5U);
}

AuditLikeness stranger(std::string_view address) {
  AuditLikeness one = like("");
  one.address = address;
  return one;
}

// Whoever has many addresses cannot fill the memory, nor take the names from those who are known.
TEST(AuditBook, StrangersCrowdOutNobodyKnown) {
  AuditBook book;
  for (std::size_t i = 0; i < AuditBook::most_alike; ++i) book.count(stranger(std::to_string(i)), [] { return record(""); });
  book.count(like("k-1"), [] { return record("k-1"); });
  std::size_t nameless = 0, strangers = 0;
  for (const telemetry::AuditRecord& one : book.take_counted(later)) {
    if (one.key == "k-1") continue;
    ++strangers;
    if (one.address.empty()) nameless += one.count;
  }
  EXPECT_EQ(strangers, AuditBook::most_strangers + 1);
  EXPECT_EQ(nameless, AuditBook::most_alike - AuditBook::most_strangers);
  book.count(like("k-1"), [] { return record("k-1"); });
  const AuditBook::Records counted = book.take_counted(later);
  ASSERT_THAT(counted, SizeIs(1));
  EXPECT_EQ(counted.front().key, "k-1");
}

TEST(AuditBook, TooManyKindsAreToldApartByRouteAndRuleAlone) {
  AuditBook book;
  const std::size_t all = AuditBook::most_alike + 100;
  for (std::size_t i = 0; i < all; ++i) {
    const std::string who = std::to_string(i);
    book.count(like(who, 7, "rule"), [&] { return record(who); });
  }
  const AuditBook::Records counted = book.take_counted(later);
  EXPECT_THAT(counted, SizeIs(AuditBook::most_alike + 1));
  std::uint64_t sum = 0, nameless = 0;
  for (const telemetry::AuditRecord& one : counted) {
    sum += one.count;
    if (one.key.empty()) nameless += one.count;
  }
  EXPECT_EQ(sum, all);
  EXPECT_EQ(nameless, 100U);
}

TEST(AuditBook, WakesWhenTheFirstRecordComesAndKeepsTheOrderOfWhatComesBack) {
  AuditBook book;
  int woken = 0;
  book.on_record([&] { ++woken; });
  book.add(record("1"));
  book.add(record("2"));
  EXPECT_EQ(woken, 1);
  AuditBook::Records taken = book.take_records();
  book.add(record("3"));
  EXPECT_EQ(woken, 2);
  book.put_back(std::move(taken));
  std::string order;
  for (const telemetry::AuditRecord& one : book.take_records()) order += one.key;
  EXPECT_EQ(order, "123");
}

TEST(AuditBook, KeepsNoMoreContentsThanThereIsRoomFor) {
  AuditBook book;
  telemetry::AuditContent small, large;
  small.text = "{}";
  large.text = std::string(AuditBook::most_content_bytes / 4, 'x');
  for (int twice = 0; twice < 2; ++twice) {
    for (int i = 0; i < 6; ++i) book.add(large);
    EXPECT_THAT(book.take_contents(), SizeIs(4));
    for (std::size_t i = 0; i < AuditBook::most_contents + 5; ++i) book.add(small);
    EXPECT_THAT(book.take_contents(), SizeIs(AuditBook::most_contents));
  }
}

TEST(AuditBook, SaysWhenItIsFull) {
  AuditBook book;
  book.put_back(AuditBook::Records(AuditBook::most_records - 1));
  EXPECT_FALSE(book.full());
  book.add(record());
  EXPECT_TRUE(book.full());
  book.refuse(like("k"), [] { return record(); });
  EXPECT_THAT(book.take_records(), SizeIs(AuditBook::most_records)) << "what is refused meanwhile is counted";
}

// Of strangers in IPv6 the network counts.
TEST(AuditNotes, StrangersAreToldApartByTheirNetworks) {
  AuditBook book;
  const Route* const route = find_route(public_routes(), wire::Method::get, "/v1/models").route;
  for (const char* address : {"2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2", ""}) {
    Decision decision(*route, WallTime());
    decision.address = address;
    decision.status = 401;
    decision.reason = "api_key_invalid";
    put_on_record(book, decision, Ledger());
  }
  std::map<std::string, std::uint64_t> counted;
  for (const telemetry::AuditRecord& one : book.take_counted(later)) counted[one.address] += one.count;
  EXPECT_EQ(counted, (std::map<std::string, std::uint64_t>{
                         {"2001:db8:1:2::/64", 2}, {"2001:db8:1:3::/64", 1}, {"192.0.2.1", 1}, {"192.0.2.2", 1}, {"", 1}}));
}

TEST(AuditNotes, EveryRouteHasANameForItsRecords) {
  for (const auto routes : {public_routes(), admin_routes(), control_routes()}) {
    for (const Route& route : routes) EXPECT_NE(audit_name(route.action), "request") << route.path;
  }
}

TEST(AuditNotes, WhatChangesShowsAllOfATenantOrCallsAModelHasARecordEach) {
  for (const auto routes : {public_routes(), admin_routes(), control_routes()}) {
    for (const Route& route : routes) {
      const bool reads = route.method == wire::Method::get && route.action != Action::tenant_export;
      const bool cheap = reads || route.action == Action::count_tokens;
      EXPECT_EQ(route.audit == AuditClass::folded, cheap) << route.path;
    }
  }
}

TEST(Rules, AreIdsOfASubjectAndWhatIsWrongWithIt) {
  EXPECT_EQ(rule_of("scope_missing"), "scope.missing");
  EXPECT_EQ(rule_of("token_expired"), "credential.expired");
  EXPECT_EQ(rule_of("api_key_expired"), "credential.expired");
  EXPECT_EQ(rule_of("json_invalid"), "") << "a mistake is no decision";
  EXPECT_EQ(rule_of(""), "");
}

}  // namespace
}  // namespace gatehouse::gateway
