#include "gatehouse/limits/inflight.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace gatehouse::limits {
namespace {

class Journal : public ::testing::Test {
 protected:
  Journal() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-inflight-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "inflight";
    options_.parts = 2;
    options_.most_slots = 192;
    options_.boot = "first boot";
  }
  ~Journal() override { std::filesystem::remove_all(folder_); }

  Inflight open() {
    Result<Inflight> opened = Inflight::open(path_, options_);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().describe());
    return std::move(*opened);
  }
  static CallFacts facts() {
    CallFacts made;
    made.tenant = "acme";
    made.model = "small";
    made.day = 20000;
    made.price = {150, 75, 600, 1000};
    made.budgets = {{7, BudgetCounts::tokens, 1000, ~Units{0}, 0}, {8, BudgetCounts::money, 0, ~Units{0}, 0}};
    return made;
  }

  static std::uint32_t begun(Inflight::Part& part) {
    const std::uint32_t slot = part.take(facts()).value();
    part.begin(slot, 0);
    return slot;
  }

  std::filesystem::path folder_, path_;
  Inflight::Options options_;
};

TEST_F(Journal, ANewOneIsEmptyAndGivesAsManySlotsAsItHas) {
  Inflight journal = open();
  EXPECT_TRUE(journal.left().empty());
  journal.clear();
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 64; ++i) {
    taken.insert(begun(journal.part(0)));
    taken.insert(begun(journal.part(1)));
  }
  for (int i = 0; i < 64; ++i) taken.insert(begun(journal.part(1)));
  EXPECT_EQ(taken.size(), 192U) << "each is one call's";
  EXPECT_FALSE(journal.part(0).take(facts())) << "there are no more";
  journal.part(1).release(5);
  EXPECT_EQ(begun(journal.part(1)), 5U);
  EXPECT_EQ(journal.left().size(), 192U);
}

TEST_F(Journal, GrowsAsItIsNeededAndHasRoomOnTheDiskForWhatItMaps) {
  options_.most_slots = 4096;
  Inflight journal = open();
  journal.clear();
  EXPECT_EQ(std::filesystem::file_size(path_), 4096U + 2 * 64 * 1024);
  for (int i = 0; i < 65; ++i) ASSERT_TRUE(journal.part(0).take(facts()));
  struct stat found{};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_size, 4096 + 2 * 64 * 1024) << "two times sixty-four were there";
  EXPECT_GE(found.st_blocks * 512, found.st_size) << "no holes";
  ASSERT_TRUE(journal.part(1).take(facts()));
  EXPECT_EQ(std::filesystem::file_size(path_), 4096U + 3 * 64 * 1024);
}

TEST_F(Journal, AFullDiskIsNoSlotAndNotAFault) {
  options_.most_slots = 4096;
  Inflight journal = open();
  journal.clear();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{4096 + 2 * 64 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  int taken = 0;
  while (journal.part(0).take(facts())) ++taken;
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(taken, 128);
  EXPECT_TRUE(journal.part(0).take(facts())) << "once there is room again";
}

TEST_F(Journal, WhatAKilledProcessProducedIsKnownToTheNextOne) {
  ASSERT_EQ(open().left().size(), 0U);
  const pid_t child = ::fork();
  if (child == 0) {
    Result<Inflight> journal = Inflight::open(path_, options_);
    journal->clear();
    Inflight::Part& part = journal->part(0);
    const std::uint32_t slot = *part.take(facts());
    part.begin(slot, 40);
    part.granted(slot, 64);
    part.produced(slot, 17);
    part.release(*part.take(facts()));
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::vector<LeftCall> left = open().left();
  ASSERT_EQ(left.size(), 1U) << "the one that was released is none";
  EXPECT_EQ(left[0].facts.tenant, "acme");
  EXPECT_EQ(left[0].facts.model, "small");
  EXPECT_EQ(left[0].facts.day, 20000);
  EXPECT_EQ(left[0].facts.price, (Price{150, 75, 600, 1000}));
  EXPECT_EQ(left[0].use, (CallUse{40, 0, 17}));
  ASSERT_EQ(left[0].facts.budgets.size(), 2U);
  const std::vector<SpentPart> spent = spent_of(left[0].facts, left[0].use);
  EXPECT_EQ(spent, (std::vector<SpentPart>{{7, 1000, 57}, {8, 0, 1000 + 40 * 150 + 17 * 600}}));
}

TEST_F(Journal, AfterALossOfPowerWhatWasGrantedCounts) {
  {
    Inflight journal = open();
    journal.clear();
    const std::uint32_t runs = begun(journal.part(0)), over = begun(journal.part(0));
    journal.part(0).granted(runs, 64);
    journal.part(0).produced(runs, 17);
    journal.part(0).granted(over, 64);
    journal.part(0).over(over, {40, 8, 20});
  }
  EXPECT_EQ(open().left()[0].use.completion, 17U) << "the same boot";
  options_.boot = "second boot";
  const std::vector<LeftCall> left = open().left();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].use.completion, 64U);
  EXPECT_EQ(left[1].use, (CallUse{40, 8, 20})) << "it was over";
}

TEST_F(Journal, ACallThatHadNotBegunHasTakenNothing) {
  {
    Inflight journal = open();
    journal.clear();
    const std::uint32_t waits = *journal.part(0).take(facts()), begins = *journal.part(0).take(facts());
    journal.part(0).begin(begins, 40);
    EXPECT_NE(waits, begins);
    EXPECT_TRUE(journal.sync().ok());
  }
  for (const char* boot : {"first boot", "second boot"}) {
    options_.boot = boot;
    const std::vector<LeftCall> left = open().left();
    ASSERT_EQ(left.size(), 1U) << boot;
    EXPECT_EQ(left[0].use, (CallUse{40, 0, 0}));
  }
  Inflight journal = open();
  journal.clear();
  EXPECT_EQ(journal.part(0).take(facts()), 0U) << "its slot is free again";
}

TEST_F(Journal, ABatchIsStampedBeforeItIsWritten) {
  {
    Inflight journal = open();
    journal.clear();
    Inflight::Part& part = journal.part(1);
    const std::uint32_t slot = *part.take(facts());
    part.over(slot, {1, 0, 1});
    part.stamp(slot, 1, 42);
  }
  Inflight journal = open();
  std::vector<LeftCall> left = journal.left();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].writer, 1U);
  EXPECT_EQ(left[0].batch, 42);
  journal.stamp(left, 9, 3);
  EXPECT_EQ(journal.left()[0].writer, 9U);
  EXPECT_EQ(journal.left()[0].batch, 3);
  journal.clear();
  EXPECT_TRUE(journal.left().empty());
}

TEST_F(Journal, SlotsOfAProcessWithMoreReactorsAreFoundByOneWithFewer) {
  {
    Inflight journal = open();
    journal.clear();
    begun(journal.part(1));
  }
  options_.parts = 1;
  Inflight journal = open();
  EXPECT_EQ(journal.left().size(), 1U);
}

TEST_F(Journal, AFileOfSomethingElseIsRefusedAndLeftAsItIs) {
  std::ofstream(path_) << std::string(10000, 'x');
  const Result<Inflight> opened = Inflight::open(path_, options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason(), "inflight_unusable");
  std::string head(10, '\0');
  std::ifstream(path_).read(head.data(), 10);
  EXPECT_EQ(head, "xxxxxxxxxx");
}

TEST(SpentOf, WhatGrewInTheNextPeriodIsSpentThere) {
  CallFacts facts;
  facts.budgets = {{7, BudgetCounts::tokens, 1000, 50, 2000}};
  EXPECT_EQ(spent_of(facts, {40, 0, 30}), (std::vector<SpentPart>{{7, 1000, 50}, {7, 2000, 20}}));
  EXPECT_EQ(spent_of(facts, {40, 0, 5}), (std::vector<SpentPart>{{7, 1000, 45}}));
  EXPECT_TRUE(spent_of(facts, {}).empty());
}

TEST(Cost, CachedTokensAreAmongThePrompts) {
  const Price price{150, 75, 600, 1000};
  EXPECT_EQ(cost_of(price, {40, 30, 10}), 1000U + 10 * 150 + 30 * 75 + 10 * 600);
  EXPECT_EQ(cost_of(price, {40, 50, 0}), 1000U + 40 * 75) << "more cached than there are is as many as there are";
  EXPECT_EQ(cost_of({}, {40, 30, 10}), 0U);
}

}  // namespace
}  // namespace gatehouse::limits
