// Issuers with files, in front of a registry: taken, followed, exchanged for others.
#include "outside_issuers.h"

#include <gmock/gmock.h>

#include <fstream>

#include "data_folder.h"
#include "gatehouse/base/random.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::app {
namespace {

using ::testing::ElementsAre;

std::string jwks_of(const std::string& kid) {
  SeededRandom random(1);
  return wire::JwsKeySet::make({wire::JwsKey::generate({kid, wire::JwsAlgorithm::eddsa}, random).value()})->public_jwks();
}

class OutsideIssuers_ : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-outside-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto opened = DataFolder::open(folder_ / "data", Settings(), [](const identity::FirstStart&) {});
    ASSERT_TRUE(opened.ok()) << opened.error().describe();
    data_ = std::move(*opened);
    issuers_ = std::make_unique<OutsideIssuers>(control_, files_, data_->house().registry());
    for (const char* file : {"a", "b"}) std::ofstream(folder_ / file) << jwks_of(file);
  }
  void TearDown() override {
    control_.spawn(stop());
    EXPECT_TRUE(until([this] { return stopped_; }));
    issuers_.reset();
    data_.reset();
    std::filesystem::remove_all(folder_);
  }
  Task<void> stop() {
    co_await issuers_->stop();
    stopped_ = true;
  }
  template <class F>
  bool until(F condition) {
    const auto patience = std::chrono::steady_clock::now() + seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < patience) control_.context().run_one_for(milliseconds(1));
    return condition();
  }
  Settings with(const std::string& name, const std::string& file, const std::string& audience = "x") const {
    Settings settings;
    IssuerSettings one;
    one.name = name;
    one.issuer = "https://" + name;
    one.audience = {audience};
    one.jwks_file = folder_ / file;
    settings.auth.issuers = {one};
    return settings;
  }
  Status adopt(const Settings& settings) {
    Result<identity::IssuersPtr> made = make_issuers(settings);
    return made ? issuers_->adopt(settings.auth.issuers, **made) : made.error();
  }
  identity::IssuerPtr issuer(const std::string& name) const { return data_->house().registry().current()->issuers()->find(name); }
  std::string kid_of(const std::string& name) const {
    const identity::IssuerPtr found = issuer(name);
    return found && found->keys ? found->keys->keys().front().kid().value_or("") : "none";
  }

  std::filesystem::path folder_;
  SystemClock clock_;
  Reactor control_{0, clock_};
  WorkerPool files_{"files", 1, 16};
  std::unique_ptr<DataFolder> data_;
  std::unique_ptr<OutsideIssuers> issuers_;
  bool stopped_ = false;
};

TEST_F(OutsideIssuers_, BringKeysBeforeTheRegistry) {
  ASSERT_TRUE(adopt(with("one", "a")).ok());
  EXPECT_EQ(kid_of("one"), "none");
  EXPECT_FALSE(issuers_->complete());
  issuers_->start();
  EXPECT_TRUE(until([this] { return issuers_->complete(); }));
  EXPECT_EQ(kid_of("one"), "a");
}

TEST_F(OutsideIssuers_, KeepTheirKeysWhenOnlyTheirRulesChange) {
  ASSERT_TRUE(adopt(with("one", "a")).ok());
  issuers_->start();
  ASSERT_TRUE(until([this] { return issuers_->complete(); }));
  ASSERT_TRUE(adopt(with("one", "a", "y")).ok());
  EXPECT_EQ(kid_of("one"), "a");
  EXPECT_THAT(issuer("one")->rules.audiences, ElementsAre("y"));
}

TEST_F(OutsideIssuers_, BelieveNoKeysFromAnotherPlace) {
  ASSERT_TRUE(adopt(with("one", "a")).ok());
  issuers_->start();
  ASSERT_TRUE(until([this] { return issuers_->complete(); }));
  ASSERT_TRUE(adopt(with("one", "b")).ok());
  EXPECT_EQ(kid_of("one"), "none");
  EXPECT_TRUE(until([this] { return kid_of("one") == "b"; }));
}

TEST_F(OutsideIssuers_, GoWhenTheyAreNotNamedAnyMore) {
  ASSERT_TRUE(adopt(with("one", "a")).ok());
  issuers_->start();
  ASSERT_TRUE(until([this] { return issuers_->complete(); }));
  ASSERT_TRUE(adopt(with("two", "b")).ok());
  EXPECT_EQ(issuer("one"), nullptr);
  EXPECT_TRUE(until([this] { return kid_of("two") == "b"; }));
  ASSERT_TRUE(adopt(Settings()).ok());
  EXPECT_EQ(issuer("two"), nullptr);
  EXPECT_TRUE(issuers_->complete());
}

TEST_F(OutsideIssuers_, HoldUpNothingWhenTheirKeysAreAway) {
  ASSERT_TRUE(adopt(with("one", "nowhere")).ok());
  issuers_->start();
  EXPECT_FALSE(issuers_->complete());
  std::ofstream(folder_ / "nowhere") << jwks_of("late");
  EXPECT_TRUE(until([this] { return kid_of("one") == "late"; }));
}

TEST(OutsideIssuers, AreTakenUntilTheDayThatIsSaidHoweverFarThatIs) {
  Settings settings;
  IssuerSettings one;
  one.name = "one";
  one.until = "2999-01-31";
  settings.auth.issuers = {one};
  const Result<identity::IssuersPtr> made = make_issuers(settings);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ((*made)->outside.at(0)->until, 32'474'736'000);
}

}  // namespace
}  // namespace gatehouse::app
