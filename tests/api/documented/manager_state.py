"""A manager's dictionary and list, changed in a child; proxies within proxies."""

from multiprocessing import Manager, Process


def change(table, row):
    table[1] = "1"
    table["2"] = 2
    table[0.25] = None
    row.reverse()


if __name__ == "__main__":
    with Manager() as manager:
        table, row = manager.dict(), manager.list(range(10))
        child = Process(target=change, args=(table, row))
        child.start()
        child.join()
        print(table)
        print(row)
        outer = manager.list()
        inner = manager.list(["inner"])
        outer.append(inner)
        inner.append("hello")
        print(outer[0], len(outer), outer[0][-1])
        deep = manager.dict({"row": manager.list([1])})
        deep["row"].append(2)
        print(list(deep["row"]), sorted(deep.keys()), deep.get("none", "no such key"))
        print(row == list(range(9, -1, -1)), row._getvalue() == list(range(9, -1, -1)), row[2:4])
        space = manager.Namespace(x=10)
        space.y = "hello"
        space._z = 12.3
        print(space)
        del space.y
        print(hasattr(space, "y"), space.x)
