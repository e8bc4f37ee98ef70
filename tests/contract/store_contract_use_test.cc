// Revocations and usage.
#include <limits>

#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RevocationContract : public StoreContract {
 protected:
  store::Revocation add(store::RevocationKind kind, const std::string& id, std::optional<store::Moment> expires = {}) {
    store::Revocation wanted(kind, id, at(100));
    wanted.expires = expires;
    const Result<store::Revocation> added = ask(store().revocations().add(reactor_, wanted));
    EXPECT_EQ(outcome(added), "ok");
    wanted.number = added->number;
    EXPECT_EQ(*added, wanted);
    return *added;
  }
  store::Page<store::Revocation> since(std::int64_t number, std::size_t limit = 100) {
    return get(store().revocations().since(reactor_, number, limit));
  }
};
class UsageContract : public StoreContract {
 protected:
  static store::UsageRow row(const std::string& tenant, const std::string& date, const std::string& model, std::int64_t n) {
    store::UsageRow one(TenantId(tenant), day(date), ModelName(model), "llm");
    one.requests = n;
    one.prompt_tokens = 10 * n;
    one.completion_tokens = 20 * n;
    one.cached_tokens = 5 * n;
    one.cost = 7 * n;
    return one;
  }
  std::vector<store::UsageRow> rows(const store::Reach& reach, const std::string& first, const std::string& last) {
    return get(store().usage().rows(reactor_, store::UsageQuery(reach, day(first), day(last))));
  }
  const store::Reach all_ = store::Reach::everything();
};
INSTANTIATE_TEST_SUITE_P(Stores, RevocationContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, UsageContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(RevocationContract, EveryKindComesBackInTheOrderOfItsNumber) {
  using Kind = store::RevocationKind;
  std::vector<store::Revocation> added;
  for (const Kind kind : {Kind::tenant, Kind::user, Kind::key, Kind::session, Kind::token_sha256, Kind::token_id}) {
    added.push_back(add(kind, "id", at(900)));
  }
  for (std::size_t i = 1; i < added.size(); ++i) EXPECT_GT(added[i].number, added[i - 1].number);
  EXPECT_EQ(since(0).data, added);
  EXPECT_THAT(since(added[4].number).data, ElementsAre(added[5]));
  EXPECT_THAT(since(added[5].number).data, IsEmpty());
  EXPECT_THAT(since(0, 2).data, ElementsAre(added[0], added[1]));
  EXPECT_TRUE(since(0, 2).has_more);
  EXPECT_FALSE(since(added[3].number, 2).has_more);
}

TEST_P(RevocationContract, ExpiredOnesGoAndTheirNumbersStayTaken) {
  const store::Revocation lasting = add(store::RevocationKind::tenant, "demo");
  const store::Revocation last = add(store::RevocationKind::token_id, "a", at(500));
  get(store().revocations().drop_expired(reactor_, at(499)));
  EXPECT_EQ(since(0).data.size(), 2U);
  get(store().revocations().drop_expired(reactor_, at(500)));
  EXPECT_THAT(since(0).data, ElementsAre(lasting));
  EXPECT_GT(add(store::RevocationKind::token_id, "b").number, last.number);
}

TEST_P(RevocationContract, ManyAtOnceHaveNumbersOfTheirOwn) {
  std::vector<Task<Result<store::Revocation>>> adding;
  for (int i = 0; i < 64; ++i) {
    adding.push_back(store().revocations().add(reactor_, store::Revocation(store::RevocationKind::token_id, std::to_string(i), at(1))));
  }
  std::set<std::int64_t> numbers;
  for (const Result<store::Revocation>& one : run_tasks(reactor_, std::move(adding))) numbers.insert(one->number);
  EXPECT_EQ(numbers.size(), 64U);
  EXPECT_EQ(since(0).data.size(), 64U);
  const store::Revocation nameless(store::RevocationKind::user, "", at(1));
  EXPECT_EQ(outcome(ask(store().revocations().add(reactor_, nameless))), "record_invalid");
}

TEST_P(UsageContract, AddsToWhatStandsThere) {
  make_tenant("demo");
  get(store().usage().add(reactor_, {row("demo", "2026-11-22", "m", 1), row("demo", "2026-11-22", "m", 2)}));
  get(store().usage().add(reactor_, {row("demo", "2026-11-22", "m", 4)}));
  EXPECT_THAT(rows(all_, "2026-11-22", "2026-11-22"), ElementsAre(row("demo", "2026-11-22", "m", 7)));
}

TEST_P(UsageContract, IsKeptByTenantDayModelAndTask) {
  make_tenant("a");
  make_tenant("b");
  store::UsageRow other_task = row("a", "2026-02-28", "m", 3);
  other_task.task = "ner";
  const std::vector<store::UsageRow> wanted{row("a", "2026-02-28", "l", 1), row("a", "2026-02-28", "m", 2), other_task,
                                            row("a", "2026-03-01", "m", 4), row("b", "2026-02-28", "m", 5)};
  get(store().usage().add(reactor_, {wanted.rbegin(), wanted.rend()}));
  EXPECT_EQ(rows(all_, "2026-02-28", "2026-03-01"), wanted);
  EXPECT_THAT(rows(all_, "2026-03-01", "2027-01-01"), ElementsAre(wanted[3]));
  EXPECT_THAT(rows(store::Reach::of(TenantId("b")), "2026-01-01", "2026-12-31"), ElementsAre(wanted[4]));
  EXPECT_THAT(rows(all_, "2026-03-02", "2026-02-28"), IsEmpty());
}

TEST_P(UsageContract, AllRowsOfACallOrNone) {
  make_tenant("demo");
  const store::UsageRow good = row("demo", "2026-11-22", "m", 1);
  EXPECT_EQ(outcome(ask(store().usage().add(reactor_, {good, row("none", "2026-11-22", "m", 1)}))), "tenant_not_found");
  EXPECT_EQ(outcome(ask(store().usage().add(reactor_, {good, row("demo", "2026-11-22", "m", -1)}))), "record_invalid");
  store::UsageRow owed = good;
  owed.cost = -1;
  EXPECT_EQ(outcome(ask(store().usage().add(reactor_, {good, owed}))), "record_invalid");
  store::UsageRow no_day = good;
  no_day.day = store::Day(std::chrono::year(2026), std::chrono::month(2), std::chrono::day(30));
  EXPECT_EQ(outcome(ask(store().usage().add(reactor_, {good, no_day}))), "record_invalid");
  EXPECT_THAT(rows(all_, "2026-01-01", "2026-12-31"), IsEmpty());
}

TEST_P(UsageContract, ASumThatDoesNotFitChangesNothing) {
  make_tenant("demo");
  store::UsageRow full = row("demo", "2026-11-22", "m", 1);
  full.prompt_tokens = std::numeric_limits<std::int64_t>::max();
  get(store().usage().add(reactor_, {full}));
  EXPECT_NE(outcome(ask(store().usage().add(reactor_, {full}))), "ok");
  EXPECT_THAT(rows(all_, "2026-11-22", "2026-11-22"), ElementsAre(full));
}

TEST_P(UsageContract, NothingIsLostWhenManyAddAtOnce) {
  make_tenant("demo");
  std::vector<Task<Status>> adding;
  for (int i = 0; i < 200; ++i) adding.push_back(store().usage().add(reactor_, {row("demo", "2026-11-22", "m", 1)}));
  for (const Status& one : run_tasks(reactor_, std::move(adding))) EXPECT_EQ(outcome(one), "ok");
  EXPECT_THAT(rows(all_, "2026-11-22", "2026-11-22"), ElementsAre(row("demo", "2026-11-22", "m", 200)));
}

}  // namespace
}  // namespace gatehouse::testing
