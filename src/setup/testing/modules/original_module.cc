// The same with the class of mesos-module-dvdi, whose symbols the original exports.

namespace mesos::slave {

class DockerVolumeDriverIsolator {
 public:
  __attribute__((noinline, used)) static int create();
};

int DockerVolumeDriverIsolator::create() {
  return 1;
}

}  // namespace mesos::slave
