// What the module beside it asks of an agent.

extern "C" void symbol_of_libmesos();
extern "C" void symbol_of_libmesos() {}
