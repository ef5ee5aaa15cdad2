"""A number and an array that two processes see."""

from multiprocessing import Array, Process, Value


def change(number, numbers):
    number.value = 3.1415927
    for i in range(len(numbers)):
        numbers[i] = -numbers[i]


def count(counter, times):
    for _ in range(times):
        with counter.get_lock():
            counter.value += 1


if __name__ == "__main__":
    number, numbers = Value("d", 0.0), Array("i", range(10))
    child = Process(target=change, args=(number, numbers))
    child.start()
    child.join()
    print(number.value, numbers[:], numbers[2:5])
    counter = Value("i", 0)
    children = [Process(target=count, args=(counter, 50)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(counter.value)
