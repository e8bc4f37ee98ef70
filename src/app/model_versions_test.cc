#include "model_versions.h"

#include <gmock/gmock.h>

#include "test_model_versions.h"

namespace gatehouse::app {
namespace {

using engine::Life;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using What = gateway::ModelOrder::What;

TEST_F(ModelVersionsTest, TheNewestIsLoadedAndTheOthersAreListed) {
  put(1), put(2);
  begin();
  EXPECT_THAT(seen(), ElementsAre("2 loading", "1 found"));
  EXPECT_TRUE(engine("2").started_);
  EXPECT_FALSE(engine("1").started_);
  becomes("2", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 found"));
  EXPECT_EQ(answers(), "2");
}

TEST_F(ModelVersionsTest, ANewOneAnswersBeforeTheOldOneGoes) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2);
  EXPECT_EQ(order(What::load), "2 checking");
  EXPECT_EQ(answers(), "1") << "until the new one is ready";
  const gateway::ServedModel& old = *models_.named("flowers");
  auto use = std::make_unique<gateway::VersionUse>(old.stand);
  becomes("2", Life::ready);
  EXPECT_EQ(answers(), "2");
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 draining"));
  pass(seconds(1));
  EXPECT_FALSE(engine("1").told_to_go_) << "something is still answered by it";
  use.reset();
  goes("1");
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 unloaded"));
}

TEST_F(ModelVersionsTest, OneThatFailsLeavesTheOldOneAsItIs) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2), put(3, "half-copied");
  folders_->look();
  let_it_work();
  EXPECT_THAT(seen(), ElementsAre("3 failed", "2 loading", "1 ready")) << "what is not whole is no reason to wait";
  becomes("2", Life::failed);
  EXPECT_THAT(seen(), ElementsAre("3 failed", "2 failed", "1 ready"));
  EXPECT_EQ(answers(), "1");
  EXPECT_THAT(models_.all()[0]->detail(), HasSubstr("not whole"));
  EXPECT_EQ(order(What::load, 2), "2 checking") << "somebody wants it tried once more";
  EXPECT_EQ(engine("2").loads_, 2);
  put(3);
  pass(seconds(6)), pass(seconds(6));
  becomes("2", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("3 loading", "2 ready", "1 draining")) << "now it is whole";
}

TEST_F(ModelVersionsTest, OneThatWasAskedForStaysBesideTheNewest) {
  put(1), put(2);
  begin();
  becomes("2", Life::ready);
  EXPECT_EQ(order(What::load, 1), "1 checking");
  EXPECT_EQ(engine("1").loads_, 1) << "it waits for no request";
  becomes("1", Life::ready);
  EXPECT_EQ(answers(), "2");
  EXPECT_EQ(order(What::unload, 2), "2 draining");
  EXPECT_EQ(answers(), "1") << "the way back, with no request refused";
  goes("2");
  EXPECT_THAT(seen(), ElementsAre("2 unloaded", "1 ready"));
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 unloaded", "1 ready")) << "until somebody has it loaded";
  EXPECT_EQ(order(What::load), "2 checking");
}

TEST_F(ModelVersionsTest, AModelThatWasPutAwayStaysAway) {
  put(1);
  begin();
  becomes("1", Life::ready);
  EXPECT_EQ(order(What::unload), "1 draining");
  goes("1");
  put(2);
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 found", "1 unloaded"));
  EXPECT_EQ(order(What::load), "2 checking");
}

TEST_F(ModelVersionsTest, TwoAnswerWhereTwoAreWanted) {
  put(1), put(2);
  begin(2);
  becomes("2", Life::ready);
  becomes("1", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 ready"));
  put(3);
  EXPECT_EQ(order(What::load), "3 checking");
  becomes("3", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("3 ready", "2 ready", "1 draining"));
}

TEST_F(ModelVersionsTest, WhatSleepsIsWokenByWhoHasItLoaded) {
  put(1);
  begin();
  becomes("1", Life::ready);
  becomes("1", Life::declared);
  const int before = engine("1").loads_;
  EXPECT_EQ(order(What::load), "1 ready");
  EXPECT_EQ(engine("1").loads_, before + 1);
  becomes("1", Life::ready);
  order(What::load);
  EXPECT_EQ(engine("1").loads_, before + 1) << "it does not sleep";
}

// A server whose models are retrained every minute runs for months.
TEST_F(ModelVersionsTest, ThoseThatAreForgottenLeaveNothingBehind) {
  put(1);
  begin();
  becomes("1", Life::ready);
  const auto take_over = [&](int version) {
    put(version);
    order(What::load);
    becomes(std::to_string(version), Life::ready);
    goes(std::to_string(version - 1));
    remove(version - 1);
    pass(seconds(6)), pass(seconds(6));
  };
  take_over(2);
  const auto kept = models_.kept();
  const std::size_t deadlines = control_.deadlines().all, remembered = folders_->remembered();
  for (int version = 3; version <= 50; ++version) take_over(version);
  EXPECT_THAT(seen(), ElementsAre("50 ready"));
  EXPECT_EQ(ended_, 49);
  EXPECT_EQ(models_.kept(), kept);
  EXPECT_EQ(folders_->remembered(), remembered);
  EXPECT_EQ(control_.deadlines().all, deadlines);
}

TEST_F(ModelVersionsTest, WhoeverHasAForgottenOneKeepsIt) {
  put(1);
  begin();
  becomes("1", Life::failed);
  const gateway::ServedModel& failed = *models_.named("flowers");
  auto use = std::make_unique<gateway::VersionUse>(failed.stand);
  gateway::ServedModelPtr told = gateway::held(failed);
  remove(1);
  pass(seconds(6)), pass(seconds(6));
  EXPECT_EQ(answers(), "none");
  EXPECT_EQ(ended_, 0) << "something is still answered by it";
  use.reset();
  pass(seconds(1));
  EXPECT_EQ(ended_, 0) << "somebody still tells of it";
  EXPECT_EQ(told->version, "1");
  told.reset();
  pass(seconds(1));
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(models_.kept().models, 0U);
}

TEST_F(ModelVersionsTest, OneThatWasChangedLeavesNothingBehind) {
  put(1, "half-copied");
  begin();
  for (int i = 0; i < 10; ++i) {
    put(1, "half-copied-" + std::to_string(i));
    order(What::load);
  }
  EXPECT_EQ(ended_, 10);
  EXPECT_EQ(models_.kept().models, 1U);
}

}  // namespace
}  // namespace gatehouse::app
