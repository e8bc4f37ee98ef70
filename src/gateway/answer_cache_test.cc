#include "answer_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::gateway {
namespace {

using Turn = AnswerCache::Turn;
using Stand = Turn::Stand;

constexpr std::size_t cache_room = 1'000'000;
const TenantId acme("acme");

Instant after(std::int64_t second) { return Instant(seconds(second)); }

AnswerKey asked(std::uint8_t what, std::uint32_t tenant = 1, std::uint32_t model = 1) {
  AnswerKey key;
  key.asked.at(0) = what;
  key.tenant = tenant;
  key.model = model;
  return key;
}

KeptAnswer saying(const std::string& text) {
  KeptAnswer answer;
  answer.status = 200;
  answer.body = text;
  return answer;
}

// A request, and how often it was woken.
struct Asker {
  explicit Asker(AnswerCache& cache, const AnswerKey& key = asked(1), Asking asking = Asking::usual, std::int64_t now = 0)
      : turn(std::in_place, cache, key, acme, asking, after(now), [this] { ++woken; }) {}
  Stand stand() const { return turn->stand(); }
  std::string told() const { return turn->answer() ? turn->answer()->body : ""; }
  int woken = 0;
  std::optional<Turn> turn;
};

TEST(AnswerCache, TellsWhatWasMadeBefore) {
  AnswerCache cache(cache_room, seconds(60));
  Asker first(cache);
  EXPECT_EQ(first.stand(), Stand::makes);
  first.turn->keep(saying("Hi"), after(0));
  first.turn.reset();
  EXPECT_EQ(Asker(cache).told(), "Hi");
  EXPECT_EQ(Asker(cache, asked(2)).stand(), Stand::makes);
  EXPECT_EQ(Asker(cache, asked(1, 2)).stand(), Stand::makes) << "another tenant's";
  EXPECT_EQ(Asker(cache, asked(1), Asking::usual, 60).stand(), Stand::makes) << "too old";
  EXPECT_EQ(cache.count().being_made, 0U);
}

TEST(AnswerCache, OfManyAtOnceOneMakesItAndAllAreTold) {
  AnswerCache cache(cache_room, seconds(60));
  Asker first(cache), second(cache), third(cache);
  EXPECT_EQ(second.stand(), Stand::waits);
  EXPECT_EQ(third.stand(), Stand::waits);
  first.turn->keep(saying("Hi"), after(0));
  for (Asker* const other : {&second, &third}) {
    EXPECT_EQ(other->stand(), Stand::told);
    EXPECT_EQ(other->told(), "Hi");
    EXPECT_EQ(other->woken, 1);
  }
  EXPECT_EQ(first.woken, 0);
  EXPECT_EQ(cache.count().being_made, 0U);
  EXPECT_EQ(cache.count().answers, 1U);
}

TEST(AnswerCache, WhoComesToNothingLeavesItToTheNext) {
  AnswerCache cache(cache_room, seconds(60));
  Asker first(cache), second(cache), third(cache), fourth(cache);
  second.turn.reset();
  first.turn.reset();
  EXPECT_EQ(third.stand(), Stand::makes) << "the second had left";
  EXPECT_EQ(third.woken, 1);
  EXPECT_EQ(fourth.stand(), Stand::waits);
  EXPECT_EQ(fourth.woken, 0);
  third.turn->keep(saying("Hi"), after(0));
  EXPECT_EQ(fourth.told(), "Hi");
  Asker last(cache, asked(2));
  last.turn.reset();
  EXPECT_EQ(Asker(cache, asked(2)).stand(), Stand::makes);
}

TEST(AnswerCache, WhatCannotBeToldEachMakesForItself) {
  AnswerCache cache(cache_room, seconds(60));
  Asker first(cache), second(cache), third(cache);
  first.turn->keep_nothing();
  EXPECT_EQ(second.stand(), Stand::alone);
  EXPECT_EQ(third.stand(), Stand::alone);
  EXPECT_EQ(third.woken, 1);
  second.turn->keep(saying("mine"), after(0));
  EXPECT_EQ(cache.count().answers, 0U);
  EXPECT_EQ(Asker(cache).stand(), Stand::makes);
}

TEST(AnswerCache, AnAnswerThatIsTooLargeToBeKeptIsToldToWhoWaits) {
  AnswerCache cache(8000, seconds(60));
  Asker first(cache), second(cache);
  first.turn->keep(saying(std::string(2000, 'x')), after(0));
  EXPECT_EQ(second.told().size(), 2000U);
  EXPECT_EQ(cache.count().answers, 0U);
}

TEST(AnswerCache, WhoAsksAnewIsNeverToldAndReplacesWhatIsKept) {
  AnswerCache cache(cache_room, seconds(60));
  Asker(cache).turn->keep(saying("old"), after(0));
  Asker anew(cache, asked(1), Asking::anew);
  EXPECT_EQ(anew.stand(), Stand::makes);
  EXPECT_EQ(Asker(cache).told(), "old") << "meanwhile";
  Asker beside(cache, asked(1), Asking::anew);
  EXPECT_EQ(beside.stand(), Stand::alone);
  anew.turn->keep(saying("new"), after(0));
  beside.turn->keep(saying("newer"), after(0));
  EXPECT_EQ(Asker(cache).told(), "new");
}

TEST(AnswerCache, WhatIsForgottenWhileItIsMadeIsNotKept) {
  AnswerCache cache(cache_room, seconds(60));
  for (const bool model : {true, false}) {
    Asker first(cache), second(cache);
    if (model)
      cache.forget_model(1);
    else
      cache.forget_tenants([](const TenantId& tenant, std::uint32_t number) { return !(tenant == acme && number == 1); });
    Asker later(cache);
    EXPECT_EQ(later.stand(), Stand::makes) << "it does not join what is forgotten";
    first.turn->keep(saying("before"), after(0));
    EXPECT_EQ(second.told(), "before");
    EXPECT_EQ(cache.count().answers, 0U);
    EXPECT_EQ(Asker(cache).stand(), Stand::waits);
  }
  Asker other(cache);
  cache.forget_model(2);
  cache.forget_tenants([](const TenantId&, std::uint32_t) { return true; });
  other.turn->keep(saying("kept"), after(0));
  EXPECT_EQ(cache.count().answers, 1U);
}

// Any order of what can happen: of each question one is being made at most, who waits waits for somebody, and is woken once.
class Crowd {
 public:
  explicit Crowd(std::uint64_t seed) : dice_(seed) {}
  void one_step() {
    const std::size_t what = dice_() % 10;
    if (what < 5 || askers_.empty()) {
      const auto which = static_cast<std::uint8_t>(dice_() % 3);
      keys_.push_back(which);
      askers_.push_back(std::make_unique<Asker>(cache_, asked(which), dice_() % 8 == 0 ? Asking::anew : Asking::usual, now_));
      waited_.push_back(askers_.back()->stand() == Stand::waits);
    } else {
      end_one(dice_() % askers_.size(), what);
    }
    if (dice_() % 50 == 0) now_ += 30;
    look();
  }

 private:
  void end_one(std::size_t at, std::size_t what) {
    Asker& asker = *askers_[at];
    const Stand stand = asker.stand();
    if (stand == Stand::makes && what < 8) asker.turn->keep(saying(std::to_string(keys_[at])), after(now_));
    if (stand == Stand::makes && what == 8) asker.turn->keep_nothing();
    if (stand == Stand::told) {
      ASSERT_EQ(asker.told(), std::to_string(keys_[at]));
    }
    if (stand != Stand::waits && waited_[at]) {
      ASSERT_EQ(asker.woken, 1);
    }
    const auto place = static_cast<std::ptrdiff_t>(at);
    askers_.erase(askers_.begin() + place);
    keys_.erase(keys_.begin() + place);
    waited_.erase(waited_.begin() + place);
  }
  void look() {
    std::map<std::uint8_t, int> makes, waits;
    for (std::size_t i = 0; i < askers_.size(); ++i) {
      const Stand stand = askers_[i]->stand();
      makes[keys_[i]] += stand == Stand::makes ? 1 : 0;
      waits[keys_[i]] += stand == Stand::waits ? 1 : 0;
      ASSERT_EQ(askers_[i]->woken, waited_[i] && stand != Stand::waits ? 1 : 0);
    }
    std::size_t all = 0;
    for (const auto& [key, count] : makes) {
      ASSERT_LE(count, 1);
      if (count == 0) {
        ASSERT_EQ(waits[key], 0);
      }
      all += static_cast<std::size_t>(count);
    }
    ASSERT_EQ(cache_.count().being_made, all);
  }

  AnswerCache cache_{cache_room, seconds(60)};
  std::mt19937_64 dice_;
  std::vector<std::unique_ptr<Asker>> askers_;
  std::vector<std::uint8_t> keys_;  // by asker
  std::vector<bool> waited_;        // the same
  std::int64_t now_ = 0;
};

TEST(AnswerCache, WhateverTheOrderOneMakesAndNobodyIsLeftWaiting) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  for (std::uint64_t run = 0; run < 20; ++run) {
    Crowd crowd(seed + run);
    for (int i = 0; i < 500 && !HasFatalFailure(); ++i) crowd.one_step();
  }
}

}  // namespace
}  // namespace gatehouse::gateway
