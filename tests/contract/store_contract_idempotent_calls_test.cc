// Calls that are made once, however often they are asked for.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using store::CallState;
using Found = std::optional<store::IdempotentCall>;

class IdempotentCallContract : public StoreContract {
 protected:
  IdempotentCallContract() : tenant_(make_tenant("demo").number), other_(make_tenant("other").number) {}
  static store::Digest digest(int mark) {
    store::Digest digest{};
    digest.fill(static_cast<unsigned char>(mark));
    return digest;
  }
  store::IdempotentCall call(int mark, std::int64_t expires = 1000) const {
    return {digest(mark), digest(mark + 100), tenant_, at(expires)};
  }
  Result<Found> begin(const store::IdempotentCall& one, std::int64_t now = 0, std::size_t most = 100) {
    return ask(calls().begin(reactor_, one, at(now), most));
  }
  // "first", the state of the one that is there, or why not.
  std::string begun(const store::IdempotentCall& one, std::int64_t now = 0, std::size_t most = 100) {
    const Result<Found> found = begin(one, now, most);
    if (!found) return std::string(found.error().reason());
    return *found ? std::string(to_string((*found)->state)) : "first";
  }
  std::string state(int mark, std::int64_t now = 0) {
    const Found found = get(calls().find(reactor_, digest(mark), at(now)));
    return found ? std::string(to_string(found->state)) : "none";
  }
  std::string answer(int mark, const std::string& sealed, std::size_t of_tenant = 1000, std::size_t of_all = 1000) {
    return outcome(ask(calls().answer(reactor_, digest(mark), sealed, store::AnswerRoom(of_tenant, of_all))));
  }
  std::string end(int mark, CallState how) { return outcome(ask(calls().end(reactor_, digest(mark), how))); }
  std::string take_back(int mark) { return outcome(ask(calls().take_back(reactor_, digest(mark)))); }
  store::IdempotentCallStore& calls() { return store().idempotent_calls(); }

  const std::uint32_t tenant_, other_;
};
class LastingIdempotentCallContract : public IdempotentCallContract {};
INSTANTIATE_TEST_SUITE_P(Stores, IdempotentCallContract, ::testing::ValuesIn(stores_under_test()), name_of);
INSTANTIATE_TEST_SUITE_P(Stores, LastingIdempotentCallContract, ::testing::ValuesIn(lasting_stores()), name_of);

TEST_P(IdempotentCallContract, IsBegunOnceAndFoundAsItStands) {
  EXPECT_EQ(state(1), "none");
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(begun(call(2)), "first");
  store::IdempotentCall another = call(1);
  another.request = digest(9);
  const Found found = get(calls().begin(reactor_, another, at(0), 100));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, call(1)) << "with what it was begun with";
  const std::string sealed("\0\xff\n", 3);
  EXPECT_EQ(answer(1, sealed), "ok");
  store::IdempotentCall answered = call(1);
  answered.state = CallState::answered;
  answered.sealed_answer = sealed;
  EXPECT_EQ(get(calls().find(reactor_, digest(1), at(0))), answered);
  EXPECT_EQ(get(calls().begin(reactor_, call(1), at(0), 100)), answered);
  EXPECT_EQ(state(2), "in_flight");
}

TEST_P(IdempotentCallContract, WhatIsOverStaysAsItIs) {
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(begun(call(2)), "first");
  EXPECT_EQ(answer(1, "a"), "ok");
  EXPECT_EQ(end(2, CallState::broken_off), "ok");
  EXPECT_EQ(end(1, CallState::broken_off), "ok");
  EXPECT_EQ(answer(2, "b"), "ok");
  for (const int mark : {1, 2}) EXPECT_EQ(take_back(mark), "ok");
  EXPECT_EQ(state(1), "answered");
  EXPECT_EQ(state(2), "broken_off");
  EXPECT_EQ(answer(3, "c"), "ok") << "nobody knows it";
  EXPECT_EQ(state(3), "none");
  EXPECT_EQ(begun(call(4)), "first");
  EXPECT_EQ(end(4, CallState::in_flight), "record_invalid");
  EXPECT_EQ(end(4, CallState::answered), "record_invalid");
  EXPECT_EQ(answer(4, ""), "record_invalid");
  EXPECT_EQ(end(4, CallState::unkept), "ok");
  EXPECT_EQ(state(4), "unkept");
}

TEST_P(IdempotentCallContract, WhatIsTakenBackMayBeBegunAgain) {
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(take_back(1), "ok");
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(begun(call(2)), "first");
  EXPECT_EQ(begun(call(3)), "first");
  EXPECT_EQ(answer(3, "a"), "ok");
  EXPECT_EQ(get(calls().take_back_all(reactor_)), 2U);
  EXPECT_EQ(state(1) + state(2) + state(3), "nonenoneanswered");
  EXPECT_EQ(get(calls().take_back_all(reactor_)), 0U);
}

TEST_P(IdempotentCallContract, IsForgottenWhenItExpiresAndNotBefore) {
  EXPECT_EQ(begun(call(1, 1000)), "first");
  EXPECT_EQ(begun(call(2, 1001)), "first");
  EXPECT_EQ(begun(call(1, 5000), 999), "in_flight");
  EXPECT_EQ(state(1, 1000), "none") << "what has expired is not found, whoever tidies";
  EXPECT_EQ(outcome(ask(calls().drop_expired(reactor_, at(1000)))), "ok");
  EXPECT_EQ(state(1), "none");
  EXPECT_EQ(state(2), "in_flight");
  EXPECT_EQ(begun(call(2, 9000), 1001), "first") << "of the same key, a day later";
}

TEST_P(IdempotentCallContract, AreKeptUpToABoundOfEachTenant) {
  for (const int mark : {1, 2}) EXPECT_EQ(begun(call(mark), 0, 2), "first");
  EXPECT_EQ(begun(call(3), 0, 2), "too_many_idempotent_calls");
  EXPECT_EQ(begun(call(1), 0, 2), "in_flight") << "those that are there are known all the same";
  store::IdempotentCall others = call(4);
  others.tenant_number = other_;
  EXPECT_EQ(begun(others, 0, 2), "first");
  EXPECT_EQ(take_back(2), "ok");
  EXPECT_EQ(begun(call(3), 0, 2), "first");
  EXPECT_EQ(begun(call(5, 2000), 1000, 2), "first") << "what has expired makes room";
}

TEST_P(IdempotentCallContract, AnswersAreKeptAsLongAsThereIsRoomForThem) {
  store::IdempotentCall others = call(9);
  others.tenant_number = other_;
  EXPECT_EQ(begun(others), "first");
  for (const int mark : {1, 2, 3}) EXPECT_EQ(begun(call(mark)), "first");
  EXPECT_EQ(answer(1, "12345", 8, 12), "ok");
  EXPECT_EQ(answer(2, "1234", 8, 12), "ok");
  EXPECT_EQ(state(2), "unkept") << "more than the tenant may have";
  EXPECT_EQ(answer(3, "123", 8, 12), "ok");
  EXPECT_EQ(state(3), "answered");
  EXPECT_EQ(answer(9, "12345", 8, 12), "ok");
  EXPECT_EQ(state(9), "unkept") << "more than all may have";
  EXPECT_EQ(outcome(ask(calls().drop_expired(reactor_, at(1000)))), "ok");
  EXPECT_EQ(begun(call(4, 2000)), "first");
  EXPECT_EQ(answer(4, "12345678", 8, 8), "ok");
  EXPECT_EQ(state(4), "answered") << "what is forgotten takes no room";
}

TEST_P(IdempotentCallContract, WhatASettledBatchHasChargedAndNobodyAnsweredIsBrokenOff) {
  for (const int mark : {1, 2, 3}) EXPECT_EQ(begun(call(mark)), "first");
  EXPECT_EQ(answer(1, "a"), "ok");
  store::LedgerBatch batch("w", 1);
  batch.charged = {digest(1), digest(2), digest(7)};
  EXPECT_EQ(outcome(ask(store().ledger().settle(reactor_, batch))), "ok");
  EXPECT_EQ(state(1), "answered");
  EXPECT_EQ(state(2), "broken_off");
  EXPECT_EQ(state(3), "in_flight") << "it cost nothing";
  store::LedgerBatch again("w", 1);
  again.charged = {digest(3)};
  EXPECT_EQ(outcome(ask(store().ledger().settle(reactor_, again))), "ok");
  EXPECT_EQ(state(3), "in_flight") << "that batch is settled already";
}

TEST_P(IdempotentCallContract, GoWithTheirTenant) {
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(answer(1, "a"), "ok");
  get(store().tenants().remove(reactor_, TenantId("demo"), at(5), {}));
  EXPECT_EQ(state(1), "none");
  EXPECT_EQ(begun(call(1)), "tenant_not_found");
  store::IdempotentCall nobodys = call(2);
  nobodys.tenant_number = 0;
  EXPECT_EQ(begun(nobodys), "record_invalid");
}

TEST_P(IdempotentCallContract, OneOfManyAtOnceIsTheFirst) {
  std::vector<Task<Result<Found>>> tasks;
  for (int n = 0; n < 20; ++n) tasks.push_back(calls().begin(reactor_, call(1), at(0), 100));
  int first = 0;
  for (const Result<Found>& found : run_tasks(reactor_, std::move(tasks))) {
    ASSERT_EQ(outcome(found), "ok");
    if (!*found) ++first;
  }
  EXPECT_EQ(first, 1);
}

TEST_P(LastingIdempotentCallContract, AreThereAfterARestart) {
  EXPECT_EQ(begun(call(1)), "first");
  EXPECT_EQ(begun(call(2)), "first");
  EXPECT_EQ(answer(1, "a"), "ok");
  under_test_->reopen();
  EXPECT_EQ(state(1), "answered");
  EXPECT_EQ(begun(call(2)), "in_flight");
}

}  // namespace
}  // namespace gatehouse::testing
