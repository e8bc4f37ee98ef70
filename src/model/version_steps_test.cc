#include "gatehouse/model/version_steps.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace gatehouse::model {
namespace {

constexpr VersionPolicy one_of_them{1}, two_of_them{2}, none_of_them{0};

VersionSeen seen(std::uint32_t version, Stage stage, Wish wish = Wish::none) {
  VersionSeen made;
  made.version = version;
  made.stage = stage;
  made.wish = wish;
  return made;
}
VersionSeen removed(VersionSeen one) {
  one.there = false;
  return one;
}
VersionSeen asked_again(VersionSeen one) {
  one.again = true;
  return one;
}
VersionSeen in_use(VersionSeen one) {
  one.in_use = true;
  return one;
}
VersionSeen told(VersionSeen one) {
  one.told = true;
  return one;
}

struct Row {
  const char* what;
  std::vector<VersionSeen> versions;
  VersionPolicy policy;
  std::optional<Step> step;
};

TEST(NextStep, IsAsTheTableSays) {
  using enum Stage;
  const std::vector<Row> rows{
      {"the newest is loaded", {seen(2, found), seen(1, found)}, one_of_them, Step{Act::check, 0}},
      {"and the next one where two are wanted", {seen(2, ready), seen(1, found)}, two_of_them, Step{Act::check, 1}},
      {"one after the other", {seen(2, loading), seen(1, found)}, two_of_them, std::nullopt},
      {"who was asked for is loaded beside it", {seen(2, ready), seen(1, found, Wish::loaded)}, one_of_them, Step{Act::check, 1}},
      {"a new one comes while the old one answers", {seen(2, found), seen(1, ready)}, one_of_them, Step{Act::check, 0}},
      {"which goes on until then", {seen(2, loading), seen(1, ready)}, one_of_them, std::nullopt},
      {"and goes", {seen(2, ready), seen(1, ready)}, one_of_them, Step{Act::drain, 1}},
      {"unless it was asked for", {seen(2, ready), seen(1, ready, Wish::loaded)}, one_of_them, std::nullopt},
      {"or two are wanted", {seen(2, ready), seen(1, ready)}, two_of_them, std::nullopt},
      {"one that fails changes nothing", {seen(2, failed), seen(1, ready)}, one_of_them, std::nullopt},
      {"and another one comes in its place", {seen(2, failed), seen(1, found)}, one_of_them, Step{Act::check, 1}},
      {"asked for again, it begins anew", {asked_again(seen(2, failed, Wish::loaded)), seen(1, ready)}, one_of_them, Step{Act::renew, 0}},
      {"what drains is waited for", {seen(2, ready), in_use(seen(1, draining))}, one_of_them, std::nullopt},
      {"then its engine goes", {seen(2, ready), seen(1, draining)}, one_of_them, Step{Act::unload, 1}},
      {"which is said once", {seen(2, ready), told(seen(1, draining))}, one_of_them, std::nullopt},
      {"put away it goes at once", {seen(2, ready, Wish::put_away), seen(1, found)}, one_of_them, Step{Act::drain, 0}},
      {"what answers stays where a newer one was put away", {seen(2, unloaded, Wish::put_away), seen(1, ready)}, one_of_them, std::nullopt},
      {"and no other comes that nobody asked for", {seen(2, unloaded, Wish::put_away), seen(1, found)}, one_of_them, std::nullopt},
      {"while it is loaded, too", {seen(1, loading, Wish::put_away)}, one_of_them, Step{Act::drain, 0}},
      {"none is loaded of a model that is put away", {seen(2, found), seen(1, unloaded)}, none_of_them, std::nullopt},
      {"but who was asked for", {seen(2, found), seen(1, unloaded, Wish::loaded)}, none_of_them, Step{Act::renew, 1}},
      {"the folder of what answers is gone: the one before comes",
       {removed(seen(2, ready)), seen(1, unloaded)},
       one_of_them,
       Step{Act::renew, 1}},
      {"and answers first", {removed(seen(2, ready)), seen(1, loading)}, one_of_them, std::nullopt},
      {"then it goes", {removed(seen(2, ready)), seen(1, ready)}, one_of_them, Step{Act::drain, 0}},
      {"alone it goes, too", {removed(seen(1, ready))}, one_of_them, Step{Act::drain, 0}},
      {"and is forgotten", {removed(seen(1, unloaded))}, one_of_them, Step{Act::forget, 0}},
      {"as is one that never came", {seen(2, ready), removed(seen(1, found))}, one_of_them, Step{Act::forget, 1}},
      {"all is well", {seen(2, ready), seen(1, found)}, one_of_them, std::nullopt},
      {"there is none", {}, one_of_them, std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(next_step(row.versions, row.policy), row.step) << row.what;
}

TEST(VersionThatAnswers, IsTheHighestThatIsReadyElseWhatSaysWhyNoneIs) {
  using enum Stage;
  const auto answers = [](std::vector<VersionSeen> versions) {
    const std::optional<std::size_t> which = version_that_answers(versions);
    return which ? versions[*which].version : 0U;
  };
  EXPECT_EQ(answers({seen(3, loading), seen(2, ready), seen(1, ready)}), 2U);
  EXPECT_EQ(answers({seen(3, failed), seen(2, loading), seen(1, draining)}), 2U);
  EXPECT_EQ(answers({seen(3, found), seen(2, unloaded), seen(1, failed)}), 1U);
  EXPECT_EQ(answers({}), 0U);
}

TEST(Stages, OnlyMoveForward) {
  for (int from = 0; from <= static_cast<int>(Stage::unloaded); ++from) {
    for (int to = 0; to <= from; ++to) {
      EXPECT_FALSE(leads_to(static_cast<Stage>(from), static_cast<Stage>(to))) << from << " to " << to;
    }
  }
}

// A model whose versions come, go, fail and are asked for as chance has it.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  void run() {
    for (int i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) {
      something_happens();
      for (int steps = 0; take_step(); ++steps) ASSERT_LT(steps, 50) << "it comes to rest";
    }
    for (int i = 0; i < 60; ++i) {
      let_time_pass(/*all_is_well=*/true);
      while (take_step()) {
      }
    }
    check_rest();
  }

 private:
  std::uint32_t upto(std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random_); }

  void move(VersionSeen& one, Stage to) {
    EXPECT_TRUE(leads_to(one.stage, to)) << to_string(one.stage) << " to " << to_string(to);
    one.stage = to;
  }

  bool take_step() {
    const std::optional<Step> step = next_step(versions_, policy_);
    if (!step) return false;
    VersionSeen& one = versions_.at(step->which);
    switch (step->act) {
      case Act::renew:
        one.stage = Stage::found;
        one.again = one.told = one.in_use = false;
        break;
      case Act::check:
        EXPECT_TRUE(
            std::ranges::none_of(versions_, [](const VersionSeen& v) { return v.stage == Stage::checking || v.stage == Stage::loading; }));
        move(one, Stage::checking);
        break;
      case Act::drain:
        check_drain(step->which);
        one.in_use = one.stage == Stage::ready && upto(2) == 0;
        move(one, Stage::draining);
        break;
      case Act::unload:
        EXPECT_FALSE(one.in_use);
        one.told = true;
        break;
      case Act::forget:
        EXPECT_FALSE(one.there);
        versions_.erase(versions_.begin() + static_cast<std::ptrdiff_t>(step->which));
        break;
    }
    return true;
  }

  // Nobody is left without an answer for the sake of a newer version.
  void check_drain(std::size_t which) {
    const VersionSeen& one = versions_[which];
    if (one.wish == Wish::put_away || one.stage != Stage::ready || !one.there || policy_.newest == 0) return;
    const bool another = std::ranges::any_of(versions_, [&](const VersionSeen& v) { return &v != &one && v.stage == Stage::ready; });
    EXPECT_TRUE(another) << "version " << one.version << " goes and none is there";
  }

  void something_happens() {
    let_time_pass(/*all_is_well=*/false);
    if (versions_.size() < 6 && upto(4) == 0) versions_.insert(versions_.begin(), seen(++highest_, Stage::found));
    if (versions_.empty()) return;
    VersionSeen& one = versions_[upto(static_cast<std::uint32_t>(versions_.size()))];
    switch (upto(12)) {
      case 0:
        one.there = false;
        break;
      case 1:
        one.wish = Wish::loaded;
        one.again = one.stage == Stage::failed;
        break;
      case 2:
        one.wish = Wish::put_away;
        break;
      case 3:
        policy_.newest = upto(3);
        break;
      default:
        break;
    }
  }

  void let_time_pass(bool all_is_well) {
    for (VersionSeen& one : versions_) {
      if (!all_is_well && upto(2) == 0) continue;
      const bool fails = !all_is_well && upto(5) == 0;
      if (one.stage == Stage::checking) {
        move(one, fails ? Stage::failed : Stage::loading);
      } else if (one.stage == Stage::loading) {
        move(one, fails ? Stage::failed : Stage::ready);
      } else if (one.stage == Stage::ready && fails && upto(5) == 0) {
        move(one, Stage::failed);
      } else if (one.stage == Stage::draining) {
        one.in_use = false;
        if (one.told) move(one, Stage::unloaded);
      }
    }
  }

  void check_rest() {
    std::uint32_t counted = 0, left = 0;
    bool any_wanted_is_ready = false;
    for (const VersionSeen& one : versions_) {
      EXPECT_TRUE(one.there) << "what is gone is forgotten";
      const bool newest = one.stage != Stage::failed && counted++ < policy_.newest;
      const bool wanted = one.wish == Wish::loaded || (newest && one.wish == Wish::none);
      if (wanted) {
        any_wanted_is_ready = any_wanted_is_ready || one.stage == Stage::ready;
        EXPECT_TRUE(one.stage == Stage::ready || one.stage == Stage::failed) << one.version << " is " << to_string(one.stage);
      } else if (one.stage == Stage::ready) {
        EXPECT_TRUE(policy_.newest > 0 && one.wish == Wish::none) << one.version << " stays where no wanted one is ready";
        ++left;
      }
    }
    EXPECT_FALSE(left > 0 && any_wanted_is_ready);
  }

  std::mt19937 random_;
  std::vector<VersionSeen> versions_;
  VersionPolicy policy_;
  std::uint32_t highest_ = 0;
};

TEST(NextStep, BringsWhateverHappensToWhatIsWanted) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace gatehouse::model
