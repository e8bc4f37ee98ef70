#include "model_versions.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>

#include "gatehouse/base/fake_clock.h"

namespace gatehouse::app {
namespace {

using engine::Life;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = gateway::ModelOrder::What;

// Does what it is told when the test says so.
class ScriptedEngine final : public engine::TensorEngine {
 public:
  Result<std::unique_ptr<engine::TensorCall>> infer(Reactor&, const wire::engine::Infer&) override { return internal_error("x", "x"); }
  std::shared_ptr<const wire::engine::Signature> signature() const override { return nullptr; }
  Task<Status> until_ready(Reactor&, Instant) override { co_return ok(); }
  bool comes_soon(Reactor&) override { return false; }
  bool available() const override { return life_ == Life::ready; }
  Life life() const override { return life_; }
  void load() override { life_ = Life::loading, ++loads_; }
  void unload() override { told_to_go_ = true; }
  wire::engine::State state() const override { return {}; }

  Life life_ = Life::loading;
  int loads_ = 0;
  bool started_ = false, told_to_go_ = false;
};

class ModelVersions_ : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-versions-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    versions_.reset();
    std::filesystem::remove_all(folder_);
  }

  // file: what is in it; the manifest wants "good".
  void put(int version, const std::string& file = "good") {
    const std::filesystem::path home = folder_ / "flowers" / std::to_string(version);
    std::filesystem::create_directories(home);
    std::ofstream(home / "model.onnx") << file;
    std::ofstream(home / "model.toml") << "kind = \"trees\"\n[[files]]\npath = \"model.onnx\"\nsha256 = \"" << std::string(64, 'a')
                                       << "\"\n";
  }
  void remove(int version) { std::filesystem::remove_all(folder_ / "flowers" / std::to_string(version)); }

  void begin(std::uint32_t newest = 1) {
    ModelVersions::Parts parts;
    parts.scan = [this] { return model::scan({folder_}); };
    parts.check = [](const model::Entry& entry) -> Status {
      std::ifstream in(entry.folder / "model.onnx");
      std::string said;
      in >> said;
      return said == "good" ? ok() : Status(operator_error("model_file_changed", "it is not whole"));
    };
    parts.prepare = [this](const model::Entry& entry) {
      ModelVersions::Prepared prepared;
      ScriptedEngine& engine = engines_.emplace_back();
      prepared.served.name = entry.name;
      prepared.served.version = std::to_string(entry.version);
      prepared.served.tensors = &engine;
      prepared.start = [&engine] { engine.started_ = true; };
      return prepared;
    };
    parts.behind_reactors = [this](std::function<void()> then) { control_.post(std::move(then)); };
    parts.newest = newest;
    parts.look_every = seconds(5);
    versions_ = std::make_unique<ModelVersions>(control_, files_, models_, std::move(parts));
    versions_->take_up(model::scan({folder_}));
    versions_->begin();
    let_it_work();
  }
  // What waits for the disk or for a reactor is done.
  void let_it_work() {
    for (int i = 0; i < 20; ++i) {
      std::atomic<bool> through{false};
      while (!files_.post([&](Worker&) { through = true; })) {
      }
      while (!through) std::this_thread::yield();
      control_.context().restart();
      control_.context().poll();
    }
  }
  void pass(nanoseconds time) {
    clock_.advance(time);
    control_.tick();
    let_it_work();
  }
  // What others see, the highest version first.
  std::vector<std::string> seen() const {
    std::vector<std::string> out;
    for (const gateway::ServedModel* model : models_.all())
      out.push_back(model->version + " " + std::string(to_string(model->stand->stage())));
    return out;
  }
  std::string answers() const {
    const gateway::ServedModel* model = models_.named("flowers");
    return model == nullptr ? "none" : model->version;
  }
  ScriptedEngine& engine(const std::string& version) {
    ScriptedEngine* found = nullptr;
    for (const gateway::ServedModel* model : models_.all()) {
      if (model->version == version) found = static_cast<ScriptedEngine*>(model->tensors);
    }
    if (found == nullptr) throw std::out_of_range("no version " + version);
    return *found;
  }
  void becomes(const std::string& version, Life life) {
    engine(version).life_ = life;
    versions_->hear();
    let_it_work();
  }
  void goes(const std::string& version) {
    pass(milliseconds(200));
    ASSERT_TRUE(engine(version).told_to_go_);
    becomes(version, Life::gone);
  }
  std::string order(What what, std::optional<std::uint32_t> version = {}, const std::string& name = "flowers") {
    gateway::ModelOrder order;
    order.what = what;
    order.name = name;
    order.version = version;
    std::string told = "nothing";
    versions_->give(order, [&](Result<const gateway::ServedModel*> about) {
      told = about ? (*about)->version + " " + std::string(to_string((*about)->stand->stage())) : about.error().public_text();
    });
    let_it_work();
    return told;
  }

  FakeClock clock_;
  Reactor control_{0, clock_};
  WorkerPool files_{"files", 1, 16};
  std::filesystem::path folder_;
  std::deque<ScriptedEngine> engines_;
  gateway::ServedModels models_{{}, {.llm = "none"}};
  std::unique_ptr<ModelVersions> versions_;
};

TEST_F(ModelVersions_, TheNewestIsLoadedAndTheOthersAreListed) {
  put(1), put(2);
  begin();
  EXPECT_THAT(seen(), ElementsAre("2 loading", "1 found"));
  EXPECT_TRUE(engine("2").started_);
  EXPECT_FALSE(engine("1").started_);
  becomes("2", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 found"));
  EXPECT_EQ(answers(), "2");
}

TEST_F(ModelVersions_, ANewOneAnswersBeforeTheOldOneGoes) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2);
  EXPECT_EQ(order(What::load), "2 checking");
  EXPECT_EQ(answers(), "1") << "until the new one is ready";
  const gateway::ServedModel& old = *models_.named("flowers");
  auto use = std::make_unique<gateway::VersionUse>(old.stand.get());
  becomes("2", Life::ready);
  EXPECT_EQ(answers(), "2");
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 draining"));
  pass(seconds(1));
  EXPECT_FALSE(engine("1").told_to_go_) << "something is still answered by it";
  use.reset();
  goes("1");
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 unloaded"));
}

TEST_F(ModelVersions_, OneThatFailsLeavesTheOldOneAsItIs) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2), put(3, "half-copied");
  versions_->look();
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

TEST_F(ModelVersions_, AFolderIsTakenUpWhenItStandsStill) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(2, "go");
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
  put(2, "good");
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready")) << "it has changed meanwhile";
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 loading", "1 ready"));
}

TEST_F(ModelVersions_, WhatIsGoneFromTheFolderGoesWhenAnotherAnswers) {
  put(1), put(2);
  begin();
  becomes("2", Life::ready);
  remove(2);
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 found")) << "it may be on its way back";
  pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 ready", "1 loading"));
  becomes("1", Life::ready);
  EXPECT_EQ(answers(), "1");
  goes("2");
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
  remove(1);
  pass(seconds(6)), pass(seconds(6));
  goes("1");
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(answers(), "none");
}

TEST_F(ModelVersions_, OneThatWasAskedForStaysBesideTheNewest) {
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

TEST_F(ModelVersions_, AModelThatWasPutAwayStaysAway) {
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

TEST_F(ModelVersions_, TwoAnswerWhereTwoAreWanted) {
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

TEST_F(ModelVersions_, WhatIsNotThereIsSaid) {
  put(1);
  begin();
  EXPECT_THAT(order(What::load, 7), HasSubstr("has no version 7 in the folders"));
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("NAME/VERSION/"));
  std::filesystem::create_directories(folder_ / "roses" / "1");
  std::ofstream(folder_ / "roses" / "1" / "model.toml") << "kind = ";
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("model.toml"));
}

TEST_F(ModelVersions_, WhatRunsGoesOnWhenItsFilesAreChanged) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(1, "other");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
}

TEST_F(ModelVersions_, WhatWasChangedWhileItRanIsTakenUpOnceItRests) {
  put(1);
  begin();
  becomes("1", Life::ready);
  const ScriptedEngine* const before = &engine("1");
  put(1, "good and new");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_EQ(&engine("1"), before);
  order(What::unload);
  goes("1");
  EXPECT_THAT(order(What::load), HasSubstr("1 "));
  EXPECT_NE(&engine("1"), before) << "its files are others than those that were read";
  becomes("1", Life::ready);
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
}

TEST_F(ModelVersions_, WhatSleepsIsWokenByWhoHasItLoaded) {
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

}  // namespace
}  // namespace gatehouse::app
