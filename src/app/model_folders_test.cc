#include "model_folders.h"

#include <gmock/gmock.h>

#include "test_model_versions.h"

namespace gatehouse::app {
namespace {

using engine::Life;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = gateway::ModelOrder::What;

using ModelFoldersTest = ModelVersionsTest;

TEST_F(ModelFoldersTest, AFolderIsTakenUpWhenItStandsStill) {
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

TEST_F(ModelFoldersTest, WhatIsGoneFromTheFolderGoesWhenAnotherAnswers) {
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

// Where nothing looks different manifests are not read; so each kind of change must look different.
TEST_F(ModelFoldersTest, WhatChangesWhereNothingDidForLongIsSeen) {
  put(1);
  begin();
  becomes("1", Life::ready);
  const auto pass_long = [this] {
    for (int i = 0; i < 4; ++i) pass(seconds(6));
    const std::size_t read = folders_->read();
    for (int i = 0; i < 4; ++i) pass(seconds(6));
    EXPECT_EQ(folders_->read(), read) << "nothing looks different";
  };
  pass_long();
  put(2);
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("2 loading", "1 ready")) << "a version that came";
  becomes("2", Life::ready);
  goes("1");
  pass_long();
  order(What::unload, 2);
  goes("2");
  pass_long();
  const ScriptedEngine* const before = &engine("2");
  put(2, "good and new");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_NE(&engine("2"), before) << "files that were changed";
  pass_long();
  remove(2);
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 loading")) << "a version that went";
}

TEST_F(ModelFoldersTest, AModelThatIsNewAndOneThatWasMendedAreSeen) {
  put(1);
  begin();
  for (int i = 0; i < 4; ++i) pass(seconds(6));
  const std::filesystem::path roses = folder_ / "roses" / "1";
  std::filesystem::create_directories(roses);
  for (int i = 0; i < 4; ++i) pass(seconds(6));
  std::ofstream(roses / "model.toml") << "kind = ";
  for (int i = 0; i < 4; ++i) pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 loading"));
  using Copy = std::filesystem::copy_options;
  std::filesystem::copy(folder_ / "flowers" / "1", roses, Copy::recursive | Copy::overwrite_existing);
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 loading", "1 loading"));
}

TEST_F(ModelFoldersTest, WhatIsNotThereIsSaid) {
  put(1);
  begin();
  EXPECT_THAT(order(What::load, 7), HasSubstr("has no version 7 in the folders"));
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("NAME/VERSION/"));
  std::filesystem::create_directories(folder_ / "roses" / "1");
  std::ofstream(folder_ / "roses" / "1" / "model.toml") << "kind = ";
  EXPECT_THAT(order(What::load, {}, "roses"), HasSubstr("model.toml"));
}

TEST_F(ModelFoldersTest, WhatRunsGoesOnWhenItsFilesAreChanged) {
  put(1);
  begin();
  becomes("1", Life::ready);
  put(1, "other");
  pass(seconds(6)), pass(seconds(6));
  EXPECT_THAT(seen(), ElementsAre("1 ready"));
}

TEST_F(ModelFoldersTest, WhatWasChangedWhileItRanIsTakenUpOnceItRests) {
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

}  // namespace
}  // namespace gatehouse::app
